// The facets: for each column the chosen values (none chosen = all), and how many sites each value would show.
import { make, picture, whole } from "./dom.js";
import { label, t } from "./words.js";

const MANY = 25; // More values of one group stand in a box of their own that scrolls: else the sites lie screens below.

export class Filters {
  constructor(sites, changed) {
    this.sites = sites;
    this.chosen = Object.fromEntries(sites.data.facets.map((name) => [name, new Set()]));
    this.labels = {};
    this.changed = changed;
  }

  /** Sites that pass every facet and the search; `counts[facet][value]` leaves that facet itself out. */
  apply(matches) {
    const names = Object.keys(this.chosen);
    const columns = names.map((name) => this.sites.columns[name]);
    const sets = names.map((name) => this.chosen[name]);
    const counts = names.map((name) => new Array(this.sites.tables[name].length + 1).fill(0));
    const shown = [];
    for (let site = 0; site < this.sites.count; site += 1) {
      if (matches && !matches(site)) continue;
      let failed = 0;
      let where = -1;
      for (let facet = 0; facet < sets.length; facet += 1) {
        if (sets[facet].size && !sets[facet].has(columns[facet][site])) {
          failed += 1;
          where = facet;
        }
      }
      if (failed > 1) continue;
      if (!failed) shown.push(site);
      for (let facet = 0; facet < sets.length; facet += 1) {
        if (!failed || where === facet) counts[facet][columns[facet][site] + 1] += 1;
      }
    }
    names.forEach((name, facet) => this.#tell(name, counts[facet]));
    return shown;
  }

  clear() {
    for (const set of Object.values(this.chosen)) set.clear();
    for (const rows of Object.values(this.labels)) rows.forEach((row) => (row.box.checked = false));
    this.changed(null);
  }

  /** Whether anything is chosen. */
  get active() {
    return Object.values(this.chosen).some((set) => set.size);
  }

  /** Build the groups of boxes into an element, in the language that is spoken; what is chosen and open stays so. */
  build(element) {
    const open = new Set([...element.children].filter((group) => group.open).map((group) => group.dataset.facet));
    element.replaceChildren(...this.sites.data.facets.map((name) => this.#group(name, open.has(name))));
  }

  /** What is chosen, as values: { name: [value] }. */
  get values() {
    const value = (name, code) => (code < 0 ? "" : this.sites.tables[name][code][0]);
    return Object.fromEntries(Object.entries(this.chosen).map(([name, codes]) => [name, [...codes].map((code) => value(name, code))]));
  }

  /** Choose these values and no others; unknown ones are left out. */
  set values(told) {
    for (const [name, codes] of Object.entries(this.chosen)) {
      codes.clear();
      for (const row of this.labels[name]) {
        row.box.checked = (told[name] ?? []).includes(row.box.value);
        if (row.box.checked) codes.add(row.code);
      }
      if (codes.size) this.labels[name].element.open = true;
    }
  }

  /** What is chosen, in words, "" for nothing. */
  get words() {
    const chosen = ([name, rows]) => [t(name), rows.filter((row) => row.box.checked).map((row) => row.words)];
    return Object.entries(this.labels).map(chosen).filter(([, words]) => words.length)
      .map(([title, words]) => `${title}: ${words.join(", ")}`).join("; ");
  }

  #group(name, open) {
    const title = t(name);
    const used = new Set(this.sites.columns[name]);
    const codes = [...this.sites.tables[name].keys(), -1].filter((code) => used.has(code));
    this.labels[name] = codes.map((code) => this.#row(name, code));
    this.labels[name].said = make("span");
    const heading = make("summary", {}, make("span", {}, title), make("span", { class: "said" }, this.labels[name].said));
    const rows = this.labels[name].map((row) => row.element);
    return (this.labels[name].element = make("details", { class: "facet", "data-facet": name, open },
      heading, make("fieldset", { class: rows.length > MANY ? "many" : null }, make("legend", { class: "hidden" }, title), rows)));
  }

  #row(name, code) {
    const [value, english] = code < 0 ? ["", ""] : this.sites.tables[name][code];
    const words = code < 0 ? t("not_stated") : label(name, value, english);
    const box = make("input", { type: "checkbox", value, checked: this.chosen[name].has(code), onchange: () => this.#choose(name, code, box.checked) });
    const count = make("span", { class: "count" });
    return { code, box, count, words, element: make("label", {}, box, this.#icon(name, value), make("span", { class: "words" }, words), count) };
  }

  #icon(name, value) {
    const { marks } = this.sites.data;
    if (name === "aspect") return picture(marks.aspect[value].map(([mark, share]) => [mark, share * 0.95]), marks.shapes, "chip");
    if (name === "theme" && marks.theme[value]) return picture([[marks.theme[value], 1.35, true]], marks.shapes, "chip ground");
    return null;
  }

  #choose(name, code, on) {
    if (on) this.chosen[name].add(code);
    else this.chosen[name].delete(code);
    this.changed(name);
  }

  #tell(name, counts) {
    for (const row of this.labels[name]) {
      const count = counts[row.code + 1];
      row.count.textContent = whole(count);
      row.element.classList.toggle("none", count === 0);
    }
    const chosen = this.labels[name].filter((row) => row.box.checked);
    this.labels[name].said.textContent = chosen.length === 0 ? t("all") : chosen.length === 1 ? chosen[0].words : t("n_chosen", { n: chosen.length });
    this.labels[name].element.classList.toggle("active", chosen.length > 0);
  }
}
