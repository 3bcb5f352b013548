// The card of one site: what is known, since when, from whom, how exact, and under which license.
import { link, make } from "./dom.js";
import { siteIcon, siteWords } from "./list.js";
import { items } from "./search.js";
import { accuracy, country, kindOfName, languageOfName, moment, years } from "./told.js";
import { t } from "./words.js";

const LONG = 70; // A longer name may be cut in the heading.
const CHOICE = 40; // So many sites of one place are listed at a time.
const TALL_REM = 16; // Of a value that is taller the card shows the beginning: all else of the site stands below it.
const ADDRESS = 40; // Letters of a web address that tell it from others.
const PLAIN = new Set(["founded", "closed"]); // The line "years" says these.
const LATER_USES = new Set(["museum since", "culture since"]);
const OSM_KEY = /^(node|way|relation)\/\d+$/;

export class Card {
  constructor(sites, element, closed) {
    Object.assign(this, { sites, element, closed, site: null, lost: null, from: null });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  /** Show a site; `from` is what gets the focus back. */
  show(site, from = null) {
    this.site = site;
    this.lost = null;
    this.from = from ?? this.from;
    const heading = make("h2", { tabindex: "-1", id: "card-title" }, make("bdi", {}, this.sites.title(site)));
    const subtitle = make("p", { class: "soft" }, this.sites.subtitle(site));
    this.#open(heading, make("header", {}, siteIcon(this.sites, site, "chip large"), make("div", {}, heading, subtitle), this.#button()),
      this.#warning(site), make("dl", {}, this.#facts(site)), this.#places(site));
  }

  /** Write the open card anew, in the language that is spoken. */
  retell() {
    if (this.element.hidden) return;
    const held = this.element.contains(document.activeElement) ? null : document.activeElement;
    if (this.site !== null) this.show(this.site, this.from);
    else if (this.lost) this.missing(this.lost);
    else this.choose(this.found);
    held?.focus({ preventScroll: true });
  }

  /** Let the reader choose between sites that lie under one click. */
  choose(found) {
    this.site = this.lost = null;
    this.found = found;
    const heading = make("h2", { tabindex: "-1", id: "card-title" }, t("n_sites_here", { n: found.length }));
    const rows = make("ul", { class: "rows" });
    const more = make("button", { type: "button", class: "plain", onclick: () => extend().focus() }, t("more"));
    const extend = () => {
      const next = found.slice(rows.children.length, rows.children.length + CHOICE).map((site) => this.#way(site));
      rows.append(...next);
      more.hidden = rows.children.length >= found.length;
      return next[0].firstElementChild;
    };
    extend();
    this.#open(heading, make("header", {}, make("div", {}, heading), this.#button()), rows, more);
  }

  /** Say that there is no such site: a link may be older than the release. */
  missing(identifier) {
    this.site = null;
    this.lost = identifier;
    const heading = make("h2", { tabindex: "-1", id: "card-title" }, t("no_such_site", { id: identifier }));
    this.#open(heading, make("header", {}, make("div", {}, heading), this.#button()), make("p", {}, t("no_such_site_why")));
  }

  close() {
    if (this.element.hidden) return;
    // Who types a search and presses Escape stays there.
    const held = this.element.contains(document.activeElement) || document.activeElement === document.body;
    const back = this.from?.isConnected ? this.from : this.back(this.site);
    this.element.hidden = true;
    this.site = this.lost = null;
    this.from = null;
    this.closed();
    if (held) back?.focus();
  }

  #open(heading, header, ...parts) {
    this.element.replaceChildren(header, make("div", { class: "body", tabindex: "0", role: "group", "aria-label": t("details") }, parts));
    this.element.hidden = false;
    this.#fold();
    heading.focus({ preventScroll: true });
  }

  /** Cut tall values, each with a button that shows all of it. */
  #fold() {
    const tall = TALL_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
    for (const value of [...this.element.querySelectorAll("dd")].filter(({ offsetHeight }) => offsetHeight > tall)) {
      const held = make("div", { class: "cut", tabindex: "-1" });
      const unfold = () => {
        held.classList.remove("cut");
        button.remove();
      };
      const button = make("button", { type: "button", class: "plain", onclick: () => {
        unfold();
        held.focus({ preventScroll: true });
      } }, t("show_all"));
      held.addEventListener("focusin", unfold); // Nobody is led by the keyboard to what is cut off.
      held.append(...value.childNodes);
      value.append(held, button);
    }
  }

  #button() {
    return make("button", { type: "button", class: "close", "aria-label": t("close"), onclick: () => this.close() }, "×");
  }

  #warning(site) {
    const questions = this.sites.columns.n_review[site];
    if (!questions) return null;
    return make("p", { class: "open-question" }, t("n_questions", { n: questions }));
  }

  #facts(site) {
    const { sites } = this;
    const plain = (name) => sites.plain(name, site);
    const word = (name) => sites.word(name, site);
    const known = (name) => this.#known(name, site);
    const address = [plain("address"), [plain("postcode"), plain("city")].filter(Boolean).join(" ")];
    const heritage = [word("heritage_scheme"), plain("heritage_ref"), plain("heritage_designation")].filter(Boolean).join(", ");
    return [
      this.#fact(t("names"), this.#names(site)),
      this.#fact(t("kind"), word("aspect")),
      this.#fact(t("branch"), word("theme")),
      this.#fact(t("part_of"), this.#ways(sites.whole(site) === null ? [] : [sites.whole(site)])),
      this.#fact(t("parts"), this.#ways(sites.parts.get(site) ?? [])),
      this.#fact(t("status"), known("status")),
      this.#fact(t("years"), this.#years(site)),
      this.#fact(t("timeline"), this.#timeline(site)),
      this.#fact(t("operator"), plain("operator")),
      this.#fact(t("present_use"), known("present_use")),
      this.#fact(t("access"), [word("visitor_access"), word("opening_hours"), word("fee") && `${t("fee")}: ${word("fee")}`,
        word("wheelchair") && `${t("wheelchair")}: ${word("wheelchair")}`].filter(Boolean).join(" · ")),
      this.#fact(t("heritage"), heritage),
      this.#fact("ERIH", word("erih_role")),
      this.#fact(t("address"), address.filter(Boolean).join(", ")),
      this.#fact(t("region"), [word("region"), word("country") && country(word("country"))].filter(Boolean).join(", ")),
      this.#fact(t("links"), this.#links(site)),
      this.#fact(t("accuracy"), this.#accuracy(site)),
      this.#fact(t("sources"), this.#sources(site)),
      this.#fact(t("disagreement"), this.#disagreements(site)),
      this.#fact(t("licence"), word("licence")),
      this.#fact(t("credit"), word("attribution")),
      this.#fact(t("site_id"), make("code", {}, sites.columns.site_id[site])),
      this.#fact(t("former_ids"), (plain("former") ?? []).join(", ")),
    ].flat();
  }

  #fact(term, value) {
    return !value || (Array.isArray(value) && !value.length) ? [] : [make("dt", {}, term), make("dd", {}, value)];
  }

  /** The value of a coded column in words, null also where it says that nothing is known. */
  #known(column, site) {
    return this.sites.value(column, site) === "unknown" ? null : this.sites.word(column, site);
  }

  #years(site) {
    const { sites } = this;
    const [start, end] = [sites.plain("start_year", site), sites.plain("end_year", site)];
    // Of a museum in works that are out of use the first year is its own: it goes on.
    const begun = sites.events(site).filter(({ year }) => year === start).map(({ event }) => event);
    const later = begun.length > 0 && begun.every((event) => LATER_USES.has(event));
    const [exact, endExact] = [sites.value("year_precision", site), sites.value("end_precision", site)];
    return years(start, end, exact, endExact, later ? null : sites.value("status", site));
  }

  /** What happened when and who says so, and what is today; null where the years say it all. */
  #timeline(site) {
    const events = this.sites.events(site);
    if (!events.length || (events.length < 2 && PLAIN.has(events[0].event))) return null;
    const rows = events.map(({ year, event, record, precision }) => make("li", {}, make("b", {}, moment(year, precision)), " ",
      t(`event_${event.replaceAll(" ", "_")}`), " ", record && make("small", {}, record.replace(":", " "))));
    const today = ["status", "aspect", "present_use"].map((name) => this.#known(name, site)).filter(Boolean);
    if (today.length) rows.push(make("li", {}, make("b", {}, t("today")), " ", today.join(" · ")));
    return make("ol", { role: "list", class: "timeline" }, rows);
  }

  /** Buttons that lead to other sites, null where there are none. */
  #ways(others) {
    return others.length ? make("ul", { class: "rows" }, others.map((other) => this.#way(other))) : null;
  }

  #way(site) {
    return make("li", {}, make("button", { type: "button", onclick: () => this.choice(site) }, siteIcon(this.sites, site), siteWords(this.sites, site)));
  }

  #names(site) {
    const others = this.sites.columns.names[site] || [];
    const rows = [];
    const title = this.sites.title(site);
    if (title.length > LONG) rows.push(make("li", {}, make("bdi", {}, title)));
    const english = this.sites.plain("name_en", site);
    if (english && english !== title) rows.push(name("en", english));
    for (let place = 0; place < others.length; place += 2) rows.push(name(others[place], others[place + 1]));
    return rows.length ? make("ul", {}, rows) : null;
  }

  #accuracy(site) {
    const meters = this.sites.plain("accuracy_m", site);
    const origin = this.#known("geometry_origin", site);
    const said = meters ? t("within", { n: accuracy(meters) }) : t("not_known");
    return origin ? `${said} · ${origin}` : said;
  }

  #links(site) {
    const { sites } = this;
    const image = sites.plain("image", site);
    const links = [
      ...named(t("website"), addresses(sites.plain("website", site)).map((address) => link(address, spoken(address)))),
      ...named("Wikipedia", articles(sites.plain("wikipedia", site))),
      ...named("Wikidata", items(sites.plain("wikidata", site)).map((item) => link(`https://www.wikidata.org/wiki/${item}`, item))),
      image && link(image, t("picture")),
    ].filter(Boolean);
    return links.length ? make("ul", { class: "inline" }, links.map((entry) => make("li", {}, entry))) : null;
  }

  /** What records say against each other, and which of them. */
  #disagreements(site) {
    const said = {
      status: (value) => this.sites.spelled("status", value),
      start_year: (value) => years(Number(value), null, null, null, "unknown"),
      end_year: (value) => years(null, Number(value), null, null, "unknown"),
    };
    const terms = { start_year: "years", end_year: "years" };
    const rows = this.sites.disagreements(site).map(([column, key, value]) => make("li", {}, `${t(terms[column] ?? column)}: `,
      said[column]?.(value) ?? make("span", { lang: "en" }, value), " ", make("small", {}, key.replace(":", " "))));
    return rows.length ? make("ul", {}, rows) : null;
  }

  #sources(site) {
    const rows = this.sites.columns.records[site].map((record) => {
      const cut = record.indexOf(":");
      const [source, key] = [record.slice(0, cut), record.slice(cut + 1)];
      const [title, licence] = this.sites.data.sources[source] ?? [source, ""];
      const said = source === "osm" && OSM_KEY.test(key) ? link(`https://www.openstreetmap.org/${key}`, key) : key;
      return make("li", {}, make("bdi", {}, title), " ", make("small", {}, said, licence && ` · ${licence}`));
    });
    return make("ul", {}, rows);
  }

  #places(site) {
    const lon = this.sites.columns.lon[site].toFixed(5);
    const lat = this.sites.columns.lat[site].toFixed(5);
    return make("p", { class: "soft place" }, `${lat}, ${lon} (WGS 84) · `,
      link(`https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`, t("open_in_osm")));
  }
}

function name(key, text) {
  return make("li", {}, make("bdi", { lang: languageOfName(key) }, text), " ", make("small", {}, kindOfName(key)));
}

/** Links of one kind: one alone is called what it is, of several each is told from the others. */
function named(kind, all) {
  const links = all.filter((entry) => entry instanceof Element);
  for (const entry of links) entry.textContent = links.length > 1 ? `${kind} ${entry.textContent}` : kind;
  return links;
}

/** A web address as it is told from others. */
function spoken(address) {
  const said = address.replace(/^https?:\/\/(?:www\.)?|\/$/gi, "");
  return said.length > ADDRESS ? `${said.slice(0, ADDRESS - 1)}…` : said;
}

/** The web addresses of a value: some sources give several. */
function addresses(text) {
  const parts = (text ?? "").split(/\s*;\s*(?=https?:\/\/|www\.)/i).filter(Boolean);
  return parts.map((part) => (/^www\./i.test(part) ? `https://${part}` : part));
}

/** The links to the articles of a value: some sources give several. */
function articles(text) {
  return (text ?? "").split(/\s*;\s*(?=https?:\/\/|[a-z]{2,3}:)/i).map(article);
}

/** The link to an article, which a source gives as "sl:Title#Section" or by its address; null where it is neither. */
function article(text) {
  if (/^https?:\/\/(?:[\w-]+\.)*wikipedia\.org\//i.test(text)) return link(text, spoken(text));
  const [, language, title, section] = /^([a-z]{2,3}(?:-[a-z]+)*|simple):([^#/][^#]*)(#.*)?$/.exec(text) ?? [];
  const written = (part) => encodeURIComponent(part.trim().replaceAll(" ", "_"));
  if (!language) return null;
  return link(`https://${language}.wikipedia.org/wiki/${written(title)}${section ? `#${written(section.slice(1))}` : ""}`, text);
}
