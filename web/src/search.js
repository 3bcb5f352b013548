// Search in names of any language: letters count without their diacritics, ae, oe, ue as a, o, u, and dj as d.
// What a site is (a brickworks) is found by its label in any language of the page, after what is named so.
// Identifiers (of a record or merged site, in OpenStreetMap, Wikidata, a heritage list or a register that a record names) are found where they are given whole.

import { labels } from "./words.js";

const PLAIN = { ł: "l", đ: "d", ð: "d", ø: "o", ß: "ss", æ: "ae", œ: "oe", þ: "th", ı: "i", ħ: "h", ŋ: "n", ĸ: "k" };

// An item of Wikidata, by number, prefix or address, in small letters: the rule of inducult_geo/text/items.py.
const ITEM = new RegExp(String.raw`^(?:(?:(?:wd|wikidata):)?(q[1-9]\d*)`
  + String.raw`|(?:https?://)?(?:www\.|m\.)?wikidata\.org/(?:entity|wiki)/(?:special:entity(?:page|data)/)?(q[1-9]\d*)(?:[?#]\S*|\.[a-z]+)?)$`);

const FEW = 100; // Sites whose texts are folded at a time.
const MOMENT_MS = 10;

const OSM_WORDS = { n: "node", w: "way", r: "relation" };

/** The identifiers that a text may mean, as they are compared; addresses of OpenStreetMap and Wikidata name theirs. */
function identifiers(text) {
  const asked = text.trim().toLowerCase();
  if (!/\d/.test(asked) && !asked.startsWith("ic-")) return [];
  const page = /^https?:\/\/(?:[a-z]+\.)?openstreetmap\.org\/((?:node|way|relation)\/\d+)\b/.exec(asked);
  const item = ITEM.exec(asked);
  if (page || item) return [page?.[1] ?? item[1] ?? item[2]];
  const osm = /^(n|w|r|node|way|relation)[\s/]*(\d+)$/.exec(asked);
  // "R12" may as well be a number of a heritage list, or a partner's own key.
  return osm ? [asked, `${OSM_WORDS[osm[1]] ?? osm[1]}/${osm[2]}`] : [asked];
}

/** The ways in which a text may spell the id of a site: read aloud or copied by hand, it lacks its hyphens or its IC, or has O for 0, I and L for 1; none for another text. */
export function siteIds(text) {
  const [, body, check] = /^(?:IC)?([\dA-Z]{1,12})([\dA-Z])$/.exec((text ?? "").toUpperCase().replace(/[\s\-‐‑–−]/g, "")) ?? [];
  if (!body) return [];
  const plain = `IC-${body}-${check}`;
  return [plain, `IC-${plain.slice(3).replaceAll("O", "0").replace(/[IL]/g, "1")}`];
}

/** The items of Wikidata that a value names. */
export function items(text) {
  const told = (text || "").toLowerCase().split(";").map((item) => ITEM.exec(item.trim())).filter(Boolean);
  return told.map(([, number, address]) => (number ?? address).toUpperCase());
}

/** Text as it is compared: no case, no diacritics, one space between words. */
export function fold(text) {
  return letters(text)
    .replace(/([aou])e/g, "$1")
    .replace(/dj/g, "d")
    .replace(/[^\p{L}\p{N}\p{Emoji_Presentation}]+/gu, " ")
    .trim();
}

/** Text in small letters without diacritics; most texts have none to take away. */
function letters(text) {
  if (/^[ -~]*$/.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").toLowerCase().replace(/\p{M}+/gu, "").replace(/[łđðøßæœþıħŋĸ]/g, (letter) => PLAIN[letter]);
}

export class Index {
  constructor(sites) {
    this.sites = sites;
    this.texts = [];
  }

  /** What works of each type are called, in all languages. */
  get kinds() {
    return (this.called ??= this.sites.tables.type.map(([type, english]) => ` ${fold(labels("type", type, english).join(" "))}`));
  }

  /** Fold the texts of all sites, or of the next few; it is done once. */
  prepare(few = Infinity) {
    const { name, name_en, names, city, operator, site_id } = this.sites.columns;
    const elsewhere = this.sites.data.other_names;
    const end = Math.min(this.sites.count, this.texts.length + few);
    for (let site = this.texts.length; site < end; site += 1) {
      const others = (names[site] || []).filter((_, place) => place % 2);
      const town = Object.hasOwn(elsewhere, city[site]) ? elsewhere[city[site]] : "";
      const said = [name[site], name_en[site], ...others, city[site], town, operator[site], site_id[site]];
      this.texts.push(` ${fold(said.filter(Boolean).join(" "))} `);
    }
    return end < this.sites.count;
  }

  /** Fold the texts bit by bit while the reader looks around. */
  prepareIdly() {
    const idly = globalThis.requestIdleCallback ?? setTimeout;
    // The map is being drawn meanwhile, and waits for what takes longer than a moment.
    const step = (deadline) => {
      let more = this.prepare(FEW);
      while (more && deadline?.timeRemaining() > MOMENT_MS) more = this.prepare(FEW);
      if (more) idly(step);
    };
    idly(step);
  }

  /** A test for sites whose text holds every word of a query, or what they are does, or that bear it as an identifier; null where nothing is asked. */
  matcher(query) {
    const words = fold(query).split(" ").filter(Boolean);
    if (!words.length) return null;
    this.prepare();
    this.identified = this.#identified(identifiers(query));
    for (const id of siteIds(query)) if (this.sites.places.has(id)) this.identified.add(this.sites.places.get(id));
    const kinds = words.map((word) => this.kinds.map((kind) => kind.includes(` ${word}`)));
    const { type } = this.sites.columns;
    const told = (site) => words.every((word, place) => this.texts[site].includes(word) || kinds[place][type[site]]);
    return (site) => told(site) || this.identified.has(site);
  }

  /** How well a site answers: it is named so by an identifier, its name begins so, it holds the very words, a word begins so, it is within one, or what it is says so. */
  rank(site, query) {
    if (this.identified.has(site)) return -1;
    const asked = fold(query);
    const text = this.texts[site];
    if (text.startsWith(` ${asked}`)) return 0;
    return text.includes(` ${asked} `) ? 1 : text.includes(` ${asked}`) ? 2 : text.includes(asked) ? 3 : 4;
  }

  /** The sites that bear an identifier, or a record of which does. */
  #identified(asked) {
    const found = new Set();
    if (!asked.length) return found;
    const { records, ids, wikidata, heritage_ref, former } = this.sites.columns;
    const lengths = new Set(asked.map((text) => text.length));
    const same = (value) => value && lengths.has(value.length) && asked.includes(value.toLowerCase());
    const named = (key) => asked.some((text) => isKey(key, text));
    for (let site = 0; site < this.sites.count; site += 1) {
      if (items(wikidata[site]).some(same) || same(heritage_ref[site]) || (former[site] || []).some(same)
        || records[site].some(named) || (ids[site] || []).some(named)) found.add(site);
    }
    return found;
  }
}

/** Whether a record's key, or what a list calls it, is what is asked for: with its source, its own, or the number alone of an object of OpenStreetMap. */
function isKey(key, asked) {
  if (key.length < asked.length || !key.toLowerCase().endsWith(asked)) return false;
  const rest = key.slice(0, key.length - asked.length);
  return rest === "" || rest.indexOf(":") === rest.length - 1 || /^osm:(?:node|way|relation)\/$/.test(rest);
}
