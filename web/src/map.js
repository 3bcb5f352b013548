// The map itself: regions, sites, the chosen one with its accuracy. Nothing comes from anywhere but the page.
import { addSigns } from "./marks.js";

const CROWD = 3000; // From so many sites on, signs with details appear when one comes closer; before, dots do.
const NEAR = 9.5;
const EMPTY = { type: "FeatureCollection", features: [] };
const EARTH_M = 111_319.49; // A degree of latitude.

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export class SiteMap {
  constructor(sites, element, picked) {
    Object.assign(this, { sites, element, picked });
    this.crowded = sites.count > CROWD;
    this.map = new globalThis.maplibregl.Map({
      container: element,
      style: this.#style(),
      bounds: this.#start(),
      fitBoundsOptions: { padding: 36 },
      minZoom: 3,
      maxZoom: 17.5,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      cooperativeGestures: false,
      locale: { "Map.Title": "Map of the sites; the list beside it holds the same" },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new globalThis.maplibregl.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new globalThis.maplibregl.ScaleControl({ maxWidth: 120 }), "bottom-left");
    addSigns(this.map, sites.data);
    this.map.on("click", (event) => this.#click(event));
    this.map.on("mousemove", (event) => {
      this.map.getCanvas().style.cursor = this.#under(event.point).length ? "pointer" : "";
    });
    this.#words();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolor());
  }

  /** Show these sites and no others. */
  show(found) {
    this.#source("sites", this.sites.points(found));
  }

  /** Move to these sites. */
  fit(found) {
    const bounds = this.sites.bounds(found) ?? this.#start();
    this.map.fitBounds(bounds, { padding: 48, maxZoom: 13, duration: 600 });
  }

  /** Mark one site, with the circle that its accuracy means; null for none. */
  mark(site, move = false) {
    if (site === null) return this.#source("chosen", EMPTY);
    const { lon, lat, accuracy_m } = this.sites.columns;
    const at = [lon[site], lat[site]];
    const features = [{ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }];
    if (accuracy_m[site]) features.push(circle(at, accuracy_m[site]));
    this.#source("chosen", { type: "FeatureCollection", features });
    if (move || !this.map.getBounds().contains(at)) {
      this.map.easeTo({ center: at, zoom: Math.max(this.map.getZoom(), 9.5), offset: this.#offset(), duration: 600 });
    }
    return undefined;
  }

  /** Show or hide the density of the sites that are shown. */
  density(on) {
    this.map.setLayoutProperty("density", "visibility", on ? "visible" : "none");
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
    const { clientWidth, clientHeight } = this.element;
    return clientWidth > 700 ? [-170, 0] : [0, -clientHeight / 4];
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
    if (found.length) this.picked(found.slice(0, 40));
  }

  #style() {
    const geojson = (data, more = {}) => ({ type: "geojson", data, ...more });
    return {
      version: 8,
      sources: {
        grid: geojson(graticule()),
        regions: geojson(outlines(this.sites.data.outlines)),
        sites: geojson(EMPTY, { buffer: 16, maxzoom: 13 }),
        chosen: geojson(EMPTY),
      },
      layers: this.#layers(),
    };
  }

  #layers() {
    const { aspect } = this.sites.tables;
    const colors = aspect.flatMap(([value], code) => [code, color(value === "both" ? "factory" : value)]);
    const inner = aspect.flatMap(([value], code) => [code, value === "both" ? color("monument") : "#ffffff"]);
    const by = this.sites.count > 20_000 ? 0.65 : 1;
    const radius = ["interpolate", ["linear"], ["zoom"], 4, 1.2 * by, 7, 2.6 * by, NEAR, 5];
    const size = ["interpolate", ["linear"], ["zoom"], 4, 0.5, 7, 0.72, 11, 1];
    const dot = { "circle-radius": radius, "circle-color": ["match", ["get", "a"], ...inner, "#ffffff"],
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 4, 0.8 * by, NEAR, 2.4],
      "circle-stroke-color": ["match", ["get", "a"], ...colors, "#707070"] };
    return [
      { id: "ground", type: "background", paint: { "background-color": color("sea") } },
      { id: "grid", type: "line", source: "grid", paint: { "line-color": color("grid"), "line-width": 1 } },
      { id: "land", type: "fill", source: "regions", paint: { "fill-color": color("land"), "fill-outline-color": color("land") } },
      { id: "border", type: "line", source: "regions", layout: { "line-join": "round" },
        paint: { "line-color": color("edge"), "line-width": 1.3 } },
      { id: "density", type: "heatmap", source: "sites", layout: { visibility: "none" }, paint: heat(this.sites.count) },
      ...(this.crowded ? [{ id: "dots", type: "circle", source: "sites", maxzoom: NEAR, paint: dot }] : []),
      { id: "accuracy", type: "fill", source: "chosen", filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": color("accent"), "fill-opacity": 0.16, "fill-outline-color": color("accent") } },
      { id: "chosen", type: "circle", source: "chosen", filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 15, "circle-color": color("accent"), "circle-opacity": 0.22,
          "circle-stroke-color": color("accent"), "circle-stroke-width": 2.5 } },
      { id: "signs", type: "symbol", source: "sites", minzoom: this.crowded ? NEAR : 0,
        layout: { "icon-image": ["get", "i"], "icon-size": size, "icon-allow-overlap": true, "icon-ignore-placement": true } },
    ];
  }

  #recolor() {
    for (const layer of this.#layers()) {
      for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name, value);
    }
  }

  /** Names of regions and towns as words over the map: no font file is needed. */
  #words() {
    const { outlines: regions, towns } = this.sites.data;
    const box = document.createElement("div");
    box.className = "words-on-map";
    box.setAttribute("aria-hidden", "true");
    const word = (text, kind, corners) => {
      const span = document.createElement("span");
      span.textContent = text;
      span.className = kind;
      box.append(span);
      return { span, kind, corners };
    };
    const words = [
      ...regions.map(({ title, box: [west, south, east, north] }) => word(title, "region", [[west, north], [east, south]])),
      ...towns.map(([title, lon, lat]) => word(title, "town", [[lon, lat], [lon, lat]])),
    ];
    this.map.getCanvasContainer().append(box);
    const place = () => this.#place(words);
    this.map.on("move", place);
    this.map.on("resize", place);
    place();
  }

  /** Put each word where it hides neither another word nor another region, if there is such a place. */
  #place(words) {
    const { clientWidth, clientHeight } = this.element;
    const taken = [];
    for (const word of words) {
      const corners = word.corners.map((at) => this.map.project(at));
      word.ground = [corners[0].x, corners[0].y, corners[1].x, corners[1].y];
    }
    const regions = words.filter((word) => word.kind === "region");
    for (const word of words) {
      word.size ??= [word.span.offsetWidth, word.span.offsetHeight];
      const inside = (box) => box[0] >= 0 && box[2] <= clientWidth && box[1] >= 0 && box[3] <= clientHeight;
      const free = (box) => inside(box) && !taken.some((other) => overlap(box, other));
      const open = (box) => free(box) && !regions.some((other) => other !== word && overlap(box, other.ground));
      const boxes = places(word, clientWidth);
      const box = boxes.find(open) ?? (word.kind === "region" ? boxes.find(free) : undefined);
      word.span.style.visibility = box ? "visible" : "hidden";
      if (!box) continue;
      taken.push(box);
      word.span.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
    }
  }
}

/** Boxes where a word may stand: a region's under or over it, a town's beside its dot. */
function places({ kind, ground: [west, north, east, south], size: [width, height] }, room) {
  if (kind === "town") return [[west, north - height / 2, west + width, north + height / 2]];
  const middle = (west + east) / 2 - width / 2;
  // A name at the edge moves in as long as its region can be seen.
  const left = east < 0 || west > room ? middle : Math.max(4, Math.min(middle, room - width - 4));
  return [south + 5, north - height - 5].map((top) => [left, top, left + width, top + height]);
}

function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

function circle([lon, lat], meters) {
  const corners = Array.from({ length: 49 }, (_, step) => {
    const angle = (step / 48) * 2 * Math.PI;
    return [lon + ((Math.cos(angle) * meters) / EARTH_M) / Math.cos((lat * Math.PI) / 180), lat + (Math.sin(angle) * meters) / EARTH_M];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [corners] } };
}

function outlines(regions) {
  const features = regions.map(({ rings }) => ({ type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: rings } }));
  return { type: "FeatureCollection", features };
}

function graticule() {
  const line = (coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } });
  const features = [];
  for (let lon = -30; lon <= 50; lon += 2) features.push(line([[lon, 30], [lon, 72]]));
  for (let lat = 30; lat <= 72; lat += 2) features.push(line([[-30, lat], [50, lat]]));
  return { type: "FeatureCollection", features };
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
