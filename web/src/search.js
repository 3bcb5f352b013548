// Search in names of any language: letters count without their diacritics, ae, oe, ue as a, o, u, and dj as d.

const PLAIN = { ł: "l", đ: "d", ð: "d", ø: "o", ß: "ss", æ: "ae", œ: "oe", þ: "th", ı: "i", ħ: "h", ŋ: "n", ĸ: "k" };

/** Text as it is compared: no case, no diacritics, one space between words. */
export function fold(text) {
  return letters(text)
    .replace(/([aou])e/g, "$1")
    .replace(/dj/g, "d")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
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
    const step = () => this.prepare(1000) && idly(step);
    idly(step);
  }

  /** A test for sites whose text holds every word of a query, null where nothing is asked. */
  matcher(query) {
    const words = fold(query).split(" ").filter(Boolean);
    if (!words.length) return null;
    this.prepare();
    return (site) => words.every((word) => this.texts[site].includes(word));
  }

  /** How well a site answers: its name begins so, it holds the very words, a word begins so, or it is only found. */
  rank(site, query) {
    const asked = fold(query);
    const text = this.texts[site];
    if (text.startsWith(` ${asked}`)) return 0;
    return text.includes(` ${asked} `) ? 1 : text.includes(` ${asked}`) ? 2 : 3;
  }
}
