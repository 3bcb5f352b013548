// Ties search, filters, list, map and card together. Without this script the page still shows everything but these.
import { Card } from "./card.js";
import { Sites } from "./data.js";
import { whole } from "./dom.js";
import { Filters } from "./filters.js";
import { List } from "./list.js";
import { SiteMap } from "./map.js";
import { Index } from "./search.js";

const part = (id) => document.getElementById(id);
const TYPING_MS = 120;

class Tool {
  constructor(data) {
    this.sites = new Sites(data);
    this.index = new Index(this.sites);
    this.card = new Card(this.sites, part("card"), () => this.#closed());
    this.card.choice = (site) => this.open(site);
    this.filters = new Filters(this.sites, (facet) => this.update(facet === "region"));
    this.list = new List(this.sites, part("found"), part("more"), (site, from) => this.open(site, from, true));
    part("facets").append(...this.filters.build());
    this.map = this.#map();
    this.#listen();
    this.update(false);
    this.#follow();
    this.index.prepareIdly();
  }

  /** Show what filters and search leave. */
  update(move) {
    const query = part("search").value;
    const found = this.filters.apply(this.index.matcher(query));
    this.found = query.trim() ? this.#ordered(found, query) : found;
    this.list.show(this.found);
    this.map?.show(found);
    part("status").textContent = `${whole(found.length)} of ${whole(this.sites.count)} sites`;
    part("none").hidden = found.length > 0;
    part("clear").hidden = !(query || this.filters.active);
    if (move) this.map?.fit(found);
  }

  /** Open the card of a site. */
  open(site, from = null, move = false) {
    this.card.show(site, from);
    this.map?.mark(site, move);
    history.replaceState(null, "", `#${encodeURIComponent(this.sites.columns.site_id[site])}`);
  }

  #closed() {
    this.map?.mark(null);
    history.replaceState(null, "", location.pathname + location.search);
  }

  #ordered(found, query) {
    const ranked = found.map((site) => [this.index.rank(site, query), site]);
    return ranked.sort((one, other) => one[0] - other[0] || one[1] - other[1]).map(([, site]) => site);
  }

  #map() {
    try {
      const map = new SiteMap(this.sites, part("canvas"), (found) => this.#picked(found));
      part("static").hidden = true;
      return map;
    } catch {
      part("canvas").hidden = true;
      part("no-map").hidden = false;
      part("density").closest("label").hidden = true;
      return null;
    }
  }

  #picked(found) {
    const from = document.querySelector("#canvas canvas");
    if (found.length === 1) this.open(found[0], from);
    else {
      this.card.from = from;
      this.card.choose(found);
    }
  }

  #listen() {
    let timer;
    part("search").addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.update(false), TYPING_MS);
    });
    part("search").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.found.length) {
        clearTimeout(timer);
        this.update(false);
        if (this.found.length) this.open(this.found[0], part("search"), true);
      }
    });
    part("fit").addEventListener("click", () => this.map?.fit(this.found));
    part("density").addEventListener("change", (event) => this.map?.density(event.target.checked));
    part("clear").addEventListener("click", () => {
      part("search").value = "";
      this.filters.clear();
      part("search").focus();
    });
    addEventListener("hashchange", () => this.#follow());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.card.close();
    });
  }

  /** Open the site that the page's address names. */
  #follow() {
    let id = "";
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch { /* an address that nobody can read names no site */ }
    const site = this.sites.places.get(id);
    if (site !== undefined && site !== this.card.site) this.open(site, null, true);
  }
}

part("tool").hidden = false;
globalThis.inducult = new Tool(JSON.parse(part("data").textContent));
