// The map itself: regions, sites, the chosen one with its accuracy. Nothing comes from anywhere but the page.
import { EMPTY, borders, graticule, land, outlines } from "./ground.js";
import { HUGE, giveSigns } from "./marks.js";
import { Names } from "./names.js";
import { corners, drawn } from "./surface.js";
import { t } from "./words.js";

const CROWD = 3000; // From so many sites on, signs are smaller from afar.
const NEAR = 8; // From this zoom on the pictograms of branches can be read.
const CLOSE = 10; // From here on the borders of countries are drawn too coarsely to be told from wrong ones.
const WORLD = 512; // Pixels of the world at zoom 0.
const OPENING = { top: 64, right: 44, bottom: 56, left: 44 };
const BESIDE_PX = 48; // Less room above and below the map is none for a finger.
const SIGN = 22; // Half of the sign of a chosen site, in pixels.
const EARTH_M = 111_319.49; // A degree of latitude.

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export class SiteMap {
  constructor(sites, element, picked, moved, found = sites.columns.lon.keys()) {
    Object.assign(this, { sites, element, picked });
    this.crowded = sites.count > CROWD;
    this.map = new globalThis.maplibregl.Map({
      container: element,
      style: this.#style(found),
      bounds: this.#start(),
      fitBoundsOptions: { padding: OPENING },
      minZoom: 3,
      maxZoom: 17.5,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      locale: { "Map.Title": t("map_of_sites"), "NavigationControl.ZoomIn": t("zoom_in"), "NavigationControl.ZoomOut": t("zoom_out") },
    });
    // A page that is narrower than the margins has no such camera, and a map for all that.
    this.map.jumpTo(this.#frame(this.#start(), this.#places(sites.columns.lon.keys()), { padding: OPENING }) ?? {});
    // MapLibre takes the first size that it is told for the one that it has: not so in a frame that opens hidden, as in a tab.
    new ResizeObserver(() => this.#fill()).observe(element);
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new globalThis.maplibregl.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new globalThis.maplibregl.ScaleControl({ maxWidth: 120 }), "bottom-left");
    this.#share();
    addEventListener("resize", () => this.#share());
    giveSigns(this.map, sites.data);
    this.map.on("click", (event) => this.#click(event));
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = this.#under(event.point).length ? "pointer" : "";
    });
    this.names = new Names(this.map, element, sites);
    this.map.on("moveend", (event) => event.originalEvent && moved());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolor());
  }

  /** Draw as large as the place for the map is. */
  #fill() {
    const { clientWidth, clientHeight } = this.map.getCanvas();
    if (clientWidth !== this.element.clientWidth || clientHeight !== this.element.clientHeight) this.map.resize();
    this.#share();
  }

  /** Let who scrolls or wipes get past the map: in a partner's page, and where it leaves no room beside it, as on a phone held across. */
  #share() {
    const { cooperativeGestures } = this.map;
    const shares = globalThis.self !== globalThis.top || this.element.clientHeight > innerHeight - BESIDE_PX;
    if (shares === cooperativeGestures.isEnabled()) return;
    cooperativeGestures[shares ? "enable" : "disable"]();
    this.#tellGestures();
  }

  /** Tell whether the pictograms of branches are drawn: now, and whenever that changes. */
  tellNear(told) {
    let near = null;
    const tell = () => {
      const before = near;
      near = this.map.getZoom() >= NEAR;
      if (near !== before) told(near);
    };
    this.map.on("zoom", tell);
    tell();
  }

  /** Show these sites and no others. */
  show(found) {
    this.#source("sites", this.sites.points(found));
  }

  /** Move to these sites. */
  fit(found) {
    const bounds = this.sites.bounds(found) ?? this.#start();
    const padding = { top: 48, right: 48, bottom: 48, left: 48 };
    this.map.easeTo({ ...this.#frame(bounds, this.#places(found), { padding, maxZoom: 13 }), duration: 600 });
  }

  /** Mark one site, with the circle that its accuracy means; null for none. */
  mark(site, move = false) {
    if (site === null) return this.#source("chosen", EMPTY);
    const { lon, lat, accuracy_m } = this.sites.columns;
    const at = [lon[site], lat[site]];
    const features = [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }];
    if (accuracy_m[site]) features.push(circle(at, accuracy_m[site]));
    this.#source("chosen", { type: "FeatureCollection", features });
    if (move || !this.map.getBounds().contains(at) || this.#covered(at)) {
      this.map.easeTo({ center: at, zoom: Math.max(this.map.getZoom(), 9.5), offset: this.#offset(), duration: 600 });
    }
    return undefined;
  }

  /** Show a density: a surface of the release by its name, that of the "shown" sites, or none. */
  async density(name) {
    this.wanted = name;
    const { density } = this.sites.data;
    const canvas = density[name] && (await drawn(density[name]));
    await this.#styled();
    if (this.wanted !== name) return;
    this.map.setLayoutProperty("density", "visibility", name === "shown" ? "visible" : "none");
    if (this.map.getLayer("surface")) {
      this.map.removeLayer("surface");
      this.map.removeSource("surface");
    }
    if (!canvas) return;
    this.map.addSource("surface", { type: "canvas", canvas, coordinates: corners(density[name].corners), animate: false });
    const paint = { "raster-opacity": 0.8, "raster-fade-duration": 0, "raster-resampling": "linear" };
    this.map.addLayer({ id: "surface", type: "raster", source: "surface", paint }, "borders");
  }

  /** Where the map stands, as "zoom/latitude/longitude". */
  get view() {
    const { lng, lat } = this.map.getCenter();
    return [this.map.getZoom().toFixed(2), lat.toFixed(4), lng.toFixed(4)].join("/");
  }

  set view(text) {
    const parts = text.split("/").map((part) => (part.trim() ? Number(part) : NaN));
    const [zoom, lat, lng] = parts;
    if (parts.length === 3 && parts.every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lng) <= 180) {
      this.map.jumpTo({ center: [lng, lat], zoom: Math.min(17.5, Math.max(3, zoom)) });
    }
  }

  /** Name the map and its buttons in the language that is spoken. */
  retell() {
    this.map.getCanvas().setAttribute("aria-label", t("map_of_sites"));
    for (const way of ["in", "out"]) {
      const button = this.element.querySelector(`.maplibregl-ctrl-zoom-${way}`);
      for (const name of ["title", "aria-label"]) button.setAttribute(name, t(`zoom_${way}`));
    }
    this.#tellGestures();
  }

  /** Say how the map is moved where it lets a reader scroll past. */
  #tellGestures() {
    const key = navigator.userAgent.includes("Mac") ? "⌘" : t("key_ctrl");
    const told = { desktop: t("gesture_wheel", { key }), mobile: t("gesture_fingers") };
    for (const [kind, text] of Object.entries(told)) {
      this.element.querySelector(`.maplibregl-${kind}-message`)?.replaceChildren(text);
    }
  }

  #styled() {
    return this.map.isStyleLoaded() || this.map.getLayer("density") ? Promise.resolve() : this.map.once("style.load");
  }

  #source(name, data) {
    this.waiting ??= {};
    const source = this.map.getSource(name);
    if (source) source.setData(data);
    else {
      if (!Object.keys(this.waiting).length) {
        this.map.once("style.load", () => Object.entries(this.waiting).forEach(([key, value]) => this.map.getSource(key).setData(value)));
      }
      this.waiting[name] = data;
    }
  }

  #offset() {
    // On a phone above the card, which lies below.
    if (this.element.clientWidth <= 700) return [0, -document.getElementById("card").offsetHeight / 2];
    // Between the legend at the left and the card at the right.
    const legend = document.querySelector("#legend[open]");
    return [((legend?.offsetWidth ?? 0) - 340) / 2, 0];
  }

  /** Whether the card lies over a place, or so near that it covers the sign. */
  #covered(at) {
    const { x, y } = this.map.project(at);
    const map = this.element.getBoundingClientRect();
    const card = document.getElementById("card").getBoundingClientRect();
    const [left, top] = [card.left - map.left, card.top - map.top];
    return x > left - SIGN && x < left + card.width + SIGN && y > top - SIGN && y < top + card.height + SIGN;
  }

  /** Where sites are, as pairs of degrees. */
  #places(found) {
    const { lon, lat } = this.sites.columns;
    return [...found].map((site) => [lon[site], lat[site]]);
  }

  /** The camera that shows a box of degrees, out from under the open legend where that would cover one of the places. */
  #frame(bounds, places, options) {
    const camera = this.map.cameraForBounds(bounds, options);
    const legend = document.querySelector("#legend[open]")?.getBoundingClientRect();
    const map = this.element.getBoundingClientRect();
    if (!camera || !legend?.width || map.width <= 700) return camera;
    const { fromLngLat } = globalThis.maplibregl.MercatorCoordinate;
    const [center, pixels] = [fromLngLat(camera.center), WORLD * 2 ** camera.zoom];
    const covered = places.some((place) => {
      const at = fromLngLat(place);
      const x = map.x + map.width / 2 + (at.x - center.x) * pixels;
      const y = map.y + map.height / 2 + (at.y - center.y) * pixels;
      return x > legend.left - SIGN && x < legend.right + SIGN && y > legend.top - SIGN && y < legend.bottom + SIGN;
    });
    const left = legend.right - map.left + SIGN;
    return covered ? this.map.cameraForBounds(bounds, { ...options, padding: { ...options.padding, left } }) : camera;
  }

  #start() {
    const rings = this.sites.data.outlines.flatMap((outline) => outline.rings.flat(2));
    const all = [...rings, ...(this.sites.bounds(this.sites.columns.lon.keys()) ?? [])];
    if (!all.length) return [[5, 44.5], [19.5, 51.5]];
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const [lon, lat] of all) {
      west = Math.min(west, lon);
      east = Math.max(east, lon);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
    return [[west, south], [east, north]];
  }

  #under(point) {
    const reach = this.crowded ? 5 : 7;
    const box = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
    const layers = ["signs", "dots"].filter((name) => this.map.getLayer(name));
    return layers.length ? [...new Set(this.map.queryRenderedFeatures(box, { layers }).map((feature) => feature.id))] : [];
  }

  #click(event) {
    const found = this.#under(event.point);
    if (found.length) this.picked(found);
  }

  #style(found) {
    const geojson = (data, more = {}) => ({ type: "geojson", data, ...more });
    return {
      version: 8,
      sources: {
        grid: geojson(graticule()),
        land: geojson(land(), { tolerance: 0.2 }),
        borders: geojson(borders(), { tolerance: 0.2 }),
        regions: geojson(outlines(this.sites.data.outlines)),
        sites: geojson(this.sites.points(found), { buffer: 16, maxzoom: 13 }),
        chosen: geojson(EMPTY),
      },
      layers: this.#layers(),
    };
  }

  #layers() {
    // The more sites, the smaller their signs from afar.
    const by = this.crowded ? 0.5 : 1;
    const huge = this.sites.count > HUGE;
    const { aspect } = this.sites.tables;
    const fills = aspect.flatMap(([value], code) => [`${code}`, color(value === "both" ? "monument" : value)]);
    const rims = aspect.flatMap(([value], code) => [`${code}`, color(value === "both" ? "factory" : value)]);
    const dot = { "circle-radius": ["interpolate", ["linear"], ["zoom"], 4, 0.9, NEAR, 2.6],
      "circle-color": ["match", ["get", "a"], ...fills, "#707070"],
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 4, 0.5, NEAR, 1.6],
      "circle-stroke-color": ["match", ["get", "a"], ...rims, "#707070"] };
    const size = ["interpolate", ["linear"], ["zoom"], 4, 0.42 * by, 7, 0.6 * (by + 1) / 2, NEAR, 0.85, 12, 1.1];
    const sign = ["step", ["zoom"], ["get", "a"], NEAR, ["get", "i"]];
    return [
      { id: "ground", type: "background", paint: { "background-color": color("sea") } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": color("country"), "fill-outline-color": color("shore") } },
      { id: "grid", type: "line", source: "grid", paint: { "line-color": color("grid"), "line-width": 0.8 } },
      { id: "regions", type: "fill", source: "regions", paint: { "fill-color": color("land"), "fill-antialias": false } },
      { id: "borders", type: "line", source: "borders", maxzoom: CLOSE, layout: { "line-join": "round" },
        paint: { "line-color": color("shore"), "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.8, 9, 1.6], "line-dasharray": [4, 2],
          "line-opacity": ["interpolate", ["linear"], ["zoom"], CLOSE - 1, 1, CLOSE, 0] } },
      { id: "border", type: "line", source: "regions", layout: { "line-join": "round" },
        paint: { "line-color": color("edge"), "line-width": ["interpolate", ["linear"], ["zoom"], 4, 1.3, 10, 2.2] } },
      { id: "density", type: "heatmap", source: "sites", layout: { visibility: "none" }, paint: heat(this.sites.count) },
      { id: "accuracy", type: "fill", source: "chosen", filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": color("accent"), "fill-opacity": 0.16, "fill-outline-color": color("accent") } },
      { id: "chosen", type: "circle", source: "chosen", filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 15, "circle-color": color("accent"), "circle-opacity": 0.22,
          "circle-stroke-color": color("accent"), "circle-stroke-width": 2.5 } },
      ...(huge ? [{ id: "dots", type: "circle", source: "sites", maxzoom: NEAR, paint: dot }] : []),
      { id: "signs", type: "symbol", source: "sites", minzoom: huge ? NEAR : 0,
        layout: { "icon-image": sign, "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true } },
    ];
  }

  #recolor() {
    for (const layer of this.#layers()) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
  }
}

function circle([lon, lat], meters) {
  const corners = Array.from({ length: 49 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    return [lon + ((Math.cos(angle) * meters) / EARTH_M) / Math.cos((lat * Math.PI) / 180), lat + (Math.sin(angle) * meters) / EARTH_M];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [corners] } };
}

function heat(count) {
  const strength = Math.min(1, 40 / Math.sqrt(count + 1));
  return {
    "heatmap-radius": ["interpolate", ["exponential", 2], ["zoom"], 4, 12, 8, 40, 12, 90],
    "heatmap-intensity": ["interpolate", ["linear"], ["zoom"], 4, 0.35 * strength, 12, 1.2 * strength],
    "heatmap-opacity": 0.75,
    "heatmap-color": ["interpolate", ["linear"], ["heatmap-density"],
      0, "rgba(253,231,37,0)", 0.1, "rgba(253,231,37,0.45)", 0.4, "#35b779", 0.7, "#31688e", 1, "#440154"],
  };
}
