// Ties search, filters, list, map and card together. Without this script the page still shows everything but these.
import { Card } from "./card.js";
import { Sites } from "./data.js";
import { make, whole } from "./dom.js";
import { Filters } from "./filters.js";
import { Legend } from "./legend.js";
import { List } from "./list.js";
import { SiteMap } from "./map.js";
import { paper } from "./paper.js";
import { Saved } from "./save.js";
import { Index, siteIds } from "./search.js";
import { Address, read, written } from "./state.js";
import { known, label, language, learn, speak, t } from "./words.js";

const part = (id) => document.getElementById(id);
const TYPING_MS = 120;
const SITE_ID = /^IC-?[\dA-Z]{1,12}-[\dA-Z]$|^IC-?[\dA-Z]{8}$/i;
const KINDS = ["csv", "geojson"];

class Tool {
  constructor(data) {
    learn(data.languages);
    this.sites = new Sites(data);
    this.index = new Index(this.sites);
    this.saved = new Saved(this.sites);
    this.card = new Card(this.sites, part("card"), () => this.#closed());
    this.card.choice = (site) => this.open(site);
    this.card.back = (site) => this.list.button(site) ?? document.querySelector("#canvas canvas");
    this.filters = new Filters(this.sites, (facet) => this.update(facet === "region"));
    this.list = new List(this.sites, part("found"), part("more"), (site, from) => this.open(site, from, true));
    this.address = new Address(() => this.#state());
    this.#speakers();
    this.#say(read(location.hash, data.facets).lang);
    this.map = null;
    this.#densities();
    // Nothing can be chosen, told or saved of no site.
    for (const name of this.sites.count ? [] : ["#facets", "#legend", ".extras", ".save"]) document.querySelector(name).hidden = true;
    this.#listen();
    this.#follow(true);
    this.index.prepareIdly();
    // The library that draws comes last: over a slow line the list, the filters and the cards do not wait for it.
    document.addEventListener("DOMContentLoaded", () => this.#draw());
  }

  /** Show what filters and search leave; `redraw` is false where the map shows it already. */
  update(move, redraw = true) {
    const query = part("search").value;
    const matches = this.index.matcher(query);
    const found = this.filters.apply(matches);
    this.found = matches ? this.#ordered(found, query) : found;
    this.list.show(this.found);
    if (redraw) this.map?.show(found);
    part("status").textContent = t("n_of_sites", { n: whole(found.length), all: whole(this.sites.count) });
    part("none").hidden = found.length > 0;
    part("signs").hidden = matches !== null || query.trim() === "";
    part("clear").hidden = !(query || this.filters.active);
    part("saved").textContent = "";
    for (const kind of KINDS) part(`save-${kind}`).disabled = !found.length;
    if (move) this.map?.fit(found);
    this.address.keep();
  }

  /** Open the card of a site. */
  open(site, from = null, move = false) {
    this.#read(() => this.card.show(site, from));
    this.map?.mark(site, move);
  }

  /** Open the card; on a phone it lies with the map above the list, out of sight, and "back" is what closes things there. */
  #read(show, step = this.card.element.hidden && !this.following) {
    if (step) this.address.now();
    show();
    part("tool").classList.add("reading");
    document.querySelector(".stage").scrollIntoView({ block: "nearest" });
    this.address.now(step);
  }

  /** Show a density. */
  density(name) {
    part("density").value = name;
    this.map?.density(name);
    this.legend.density(name);
    this.address.keep();
  }

  /** Speak a language: everything that the page says is said anew. */
  speak(code) {
    if (this.#say(code)) this.address.keep();
  }

  /** Give the reader what is shown as a file. */
  save(kind) {
    this.update(false, false); // What was typed a moment ago counts.
    const asked = this.#asked();
    const words = this.#words(asked) || t("all_sites");
    const file = this.saved.offer(kind, this.found, { words, ...asked });
    part("saved").textContent = t("saved_as", { file });
  }

  /** What was asked for, in words, "" for nothing. */
  #words(asked) {
    const searched = this.index.matcher(asked.q) !== null;
    return [this.filters.words, searched && t("search_for", asked)].filter(Boolean).join("; ");
  }

  /** Put onto paper what search and filters leave; the picture of all sites stands there where they leave all. */
  #print() {
    this.update(false, false);
    const words = this.#words(this.#asked());
    part("paper").hidden = !words;
    if (words) part("paper").replaceChildren(...paper(this.sites, this.found, { words: `${part("status").textContent}: ${words}`, map: this.map }));
  }

  #closed() {
    this.map?.mark(null);
    part("tool").classList.remove("reading");
    this.address.now();
  }

  #ordered(found, query) {
    const ranked = found.map((site) => [this.index.rank(site, query), site]);
    return ranked.sort((one, other) => one[0] - other[0] || one[1] - other[1]).map(([, site]) => site);
  }

  /** What the search and the filters ask for. */
  #asked() {
    return { q: part("search").value.trim(), facets: this.filters.values };
  }

  #state() {
    return {
      site: this.card.site === null ? this.card.lost ?? "" : this.sites.columns.site_id[this.card.site],
      ...this.#asked(),
      density: part("density").value,
      map: this.moved ? this.map?.view ?? this.view : "",
      lang: this.asked ?? "",
    };
  }

  /** Offer the densities. */
  #densities() {
    const names = ["", ...Object.keys(this.sites.data.density), "shown"];
    const words = { "": "density_none", shown: "sites_shown" };
    part("density").replaceChildren(...names.map((name) => make("option", { value: name, "data-t": words[name] ?? name }, t(words[name] ?? name))));
  }

  /** Draw the map, as it was asked for meanwhile. */
  #draw() {
    part("waiting").hidden = true;
    this.map = this.#map();
    if (!this.map) return;
    this.map.density(part("density").value);
    if (this.view) this.map.view = this.view;
    else if (this.filters.active || part("search").value) this.map.fit(this.found);
    if (this.card.site !== null) this.map.mark(this.card.site, !this.view);
  }

  #map() {
    try {
      const moved = () => {
        this.moved = true;
        this.address.keep();
      };
      const map = new SiteMap(this.sites, part("canvas"), (found) => this.#picked(found), moved, this.found);
      map.tellNear((near) => this.legend.near(near));
      part("static").hidden = true;
      return map;
    } catch {
      part("tool").classList.add("mapless");
      part("no-map").hidden = false;
      part("no-map").after(part("static"));
      part("static").tabIndex = 0; // Where it is scrolled, by the keyboard, too.
      for (const name of ["canvas", "legend", "fit"]) part(name).hidden = true;
      part("density").closest("label").hidden = true;
      return null;
    }
  }

  #picked(found) {
    const from = document.querySelector("#canvas canvas");
    if (found.length === 1) this.open(found[0], from);
    else {
      this.card.from = from;
      this.#read(() => this.card.choose(found));
      this.map.mark(null);
    }
  }

  #speakers() {
    part("language").append(...known().map(([code, name]) => make("option", { value: code, lang: code }, name)));
    part("language").addEventListener("change", ({ target }) => this.speak((this.asked = target.value)));
    part("speak").hidden = false;
  }

  /** Turn the page into a language; false where it speaks it already or does not know it. */
  #say(code) {
    const first = this.legend === undefined;
    if (code && speak(code)) this.asked = code;
    else if (!first) return false;
    document.documentElement.lang = language();
    part("language").value = language();
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
    // Figures and footer tell in English what is in no table of words: what is, must say its own language there.
    for (const element of document.querySelectorAll("[data-t], [data-v]")) element.lang = language();
    for (const element of document.querySelectorAll("[data-v]")) {
      const [column, value] = element.dataset.v.split(":");
      element.dataset.en ??= element.textContent;
      element.textContent = label(column, value, element.dataset.en);
    }
    part("search").placeholder = t("search_hint");
    part("map").setAttribute("aria-label", t("the_map"));
    part("facets").setAttribute("aria-label", t("filters"));
    part("found").setAttribute("aria-label", t("sites_shown"));
    this.filters.build(part("facets"));
    if (first) this.legend = new Legend(this.sites, part("legend"));
    else {
      this.legend.build();
      this.update(false, false);
      this.card.retell();
      this.map?.retell();
    }
    return true;
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
    addEventListener("beforeprint", () => this.#print());
    addEventListener("afterprint", () => {
      part("paper").replaceChildren();
      part("paper").hidden = true;
    });
    // Who goes up the list by the keyboard sees where: not below the line that stays above it.
    const line = document.querySelector(".answer");
    new ResizeObserver(() => line.parentElement.style.setProperty("scroll-padding-top", `${line.offsetHeight}px`)).observe(line);
    part("fit").addEventListener("click", () => this.map?.fit(this.found));
    part("density").addEventListener("change", (event) => this.density(event.target.value));
    part("clear").addEventListener("click", () => {
      part("search").value = "";
      this.filters.clear();
      part("search").focus();
    });
    for (const kind of KINDS) part(`save-${kind}`).addEventListener("click", () => this.save(kind));
    // What was chosen a moment before may be written into the address by now: the event knows what was asked for.
    addEventListener("hashchange", ({ newURL }) => {
      const { hash } = new URL(newURL);
      const back = this.address.stepped();
      this.#follow(false, back ? this.#kept(hash) : hash);
      if (back) this.address.keep();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.card.close();
    });
    // Links inside the page must not wipe out what the address remembers.
    document.addEventListener("click", (event) => this.#jump(event));
  }

  #jump(event) {
    const target = event.target.closest?.('a[href^="#"]')?.getAttribute("href").slice(1);
    const element = target && part(target);
    if (!element) return;
    event.preventDefault();
    element.scrollIntoView();
    if (!element.matches("a, button, input")) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }

  /** The address that "back" leads to from a card: what was chosen while it was open stays chosen. */
  #kept(hash) {
    const { q = "", facets, map = "" } = read(hash, this.sites.data.facets);
    const now = this.#state();
    const same = written({ q, facets }) === written(this.#asked());
    return written({ ...now, site: "", map: same ? map : now.map });
  }

  /** Show what the page's address says. */
  #follow(first, hash = location.hash) {
    this.following = true;
    this.#show(first, hash);
    this.following = false;
  }

  #show(first, hash) {
    const told = read(hash, this.sites.data.facets);
    const whole = !hash || hash.includes("=");
    if (first || whole) {
      if (!first) this.#say(told.lang);
      // Who only steps back from a card finds the list as it was left.
      const other = first || written({ q: told.q, facets: told.facets }) !== written(this.#asked());
      if (other) {
        part("search").value = told.q ?? "";
        this.filters.values = told.facets;
        this.update(false);
      }
      this.view = told.map;
      if (told.map) {
        if (this.map) this.map.view = told.map;
        this.moved = true;
      } else if (other && (this.filters.active || told.q)) this.map?.fit(this.found);
      const names = [...part("density").options].map((option) => option.value);
      const density = names.includes(told.density) ? told.density : "";
      if (density !== part("density").value) this.density(density);
    }
    const meant = siteIds(told.site);
    const site = [told.site, ...meant].map((id) => this.sites.places.get(id)).find((place) => place !== undefined);
    if (site === undefined && SITE_ID.test(told.site)) {
      this.#read(() => this.card.missing(told.site));
      this.map?.mark(null);
    } else if (whole && site === undefined) this.card.close();
    // Who came by a link of a table below goes on reading there when the card is closed.
    const link = first ? null : document.activeElement?.closest('a[href^="#"]');
    if (site !== undefined && site !== this.card.site) this.open(site, link, !told.map);
  }
}

part("tool").hidden = false;
globalThis.inducult = new Tool(JSON.parse(part("data").textContent));
