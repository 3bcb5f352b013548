// The legend on the map: aspects by color and shape as they are drawn at its zoom, branches by sign, and the density that
// is shown.
import { make, picture } from "./dom.js";
import { label, language, t } from "./words.js";
import { fromAfar } from "./marks.js";
import { palette } from "./surface.js";

export class Legend {
  constructor(sites, element) {
    Object.assign(this, { sites, element });
    this.shown = "";
    this.element.open = innerWidth > 1000 && innerHeight > 640;
    this.build();
  }

  /** Write it anew, in the language that is spoken. */
  build() {
    const { tables, marks } = this.sites.data;
    const rows = (name, icon) => make("ul", {}, tables[name].filter(([value]) => this.#used(name, value))
      .map(([value, english]) => make("li", {}, [icon(value)].flat(), make("span", {}, label(name, value, english)))));
    const rings = (value) => picture(marks.aspect[value].map(([mark, share]) => [mark, share * 0.95]), marks.shapes, "chip near");
    const filled = (value) => picture(fromAfar(marks.aspect[value], this.sites.count), marks.shapes, "chip afar");
    const branch = (value) => picture([[marks.theme[value], 1.35, true]], marks.shapes, "chip ground");
    this.scale = make("div", { class: "scale" });
    this.element.replaceChildren(make("summary", {}, t("legend")), make("div", { class: "legend-body", tabindex: "0", role: "group", "aria-label": t("legend") },
      this.scale, rows("aspect", (value) => [rings(value), filled(value)]), make("h2", {}, t("theme")),
      make("p", { class: "soft afar" }, t("when_near")), rows("theme", branch)));
    this.density(this.shown);
  }

  /** Show the signs as they are near, or from afar. */
  near(near) {
    this.element.classList.toggle("far", !near);
  }

  /** Tell the colors of a density: a surface of the release, "shown", or none. */
  density(name) {
    this.shown = name;
    const surface = this.sites.data.density[name];
    if (surface) {
      const colors = palette(surface.stops).slice(1);
      const ramp = [0, 0.25, 0.5, 0.75, 1].map((at) => `rgb(${colors[Math.round(at * (colors.length - 1))].slice(0, 3)})`);
      const numbers = [0, 0.25, 1].map((share) => make("span", {}, number(share * surface.top)));
      this.scale.replaceChildren(make("h2", {}, `${t("density")}: ${t(name)}`),
        make("div", { class: "ramp", style: `background:linear-gradient(90deg,${ramp})` }),
        make("div", { class: "ends" }, numbers), make("p", {}, t("per_km2", { n: number(surface.bandwidth_km) })));
    } else if (name === "shown") {
      this.scale.replaceChildren(make("h2", {}, `${t("density")}: ${t("sites_shown")}`), make("div", { class: "ramp live" }),
        make("div", { class: "ends" }, make("span", {}, t("few")), make("span", {}, t("many"))));
    } else this.scale.replaceChildren();
  }

  #used(name, value) {
    this.values ??= {};
    this.values[name] ??= new Set(this.sites.columns[name].map((code) => this.sites.tables[name][code]?.[0]));
    // What has no branch bears the sign of the others.
    return this.values[name].has(value) || (value === "other" && this.values[name].has(undefined));
  }
}

function number(value) {
  return new Intl.NumberFormat(language(), { maximumSignificantDigits: 2 }).format(value);
}
