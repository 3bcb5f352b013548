// The sites that are shown, as a list: the same as the map for those who cannot see or use it.
import { make, picture } from "./dom.js";

const PAGE = 50;

/** The picture of a site: its aspect's rings with the branch inside. */
export function siteIcon(sites, site, className = "chip") {
  const { marks } = sites.data;
  const rings = marks.aspect[sites.value("aspect", site)].map(([mark, share]) => [mark, share]);
  return picture([...rings, [marks.theme[sites.value("theme", site)] ?? marks.theme.other, 0.62, true]], marks.shapes, className);
}

/** What the list says of a site: its name, and below it branch and town. */
export function siteWords(sites, site) {
  return make("span", { class: "words" }, make("bdi", { class: "name" }, sites.title(site)), make("small", {}, sites.subtitle(site)));
}

export class List {
  constructor(sites, element, more, open) {
    Object.assign(this, { sites, element, more, open });
    more.addEventListener("click", () => this.#extend(true));
  }

  show(found) {
    this.found = found;
    this.element.replaceChildren();
    this.#extend(false);
  }

  /** The button of a site, null where the list does not show it. */
  button(site) {
    return site === null ? null : this.element.querySelector(`[data-site="${CSS.escape(this.sites.columns.site_id[site])}"]`);
  }

  #extend(byHand) {
    const from = this.element.children.length;
    const rows = this.found.slice(from, from + PAGE).map((site) => this.#row(site));
    this.element.append(...rows);
    this.more.hidden = this.element.children.length >= this.found.length;
    if (byHand) rows[0]?.firstElementChild.focus();
  }

  #row(site) {
    const button = make("button", { type: "button", "data-site": this.sites.columns.site_id[site],
      onclick: () => this.open(site, button) }, siteIcon(this.sites, site), siteWords(this.sites, site));
    return make("li", {}, button);
  }
}
