// What is shown, as a file: the columns bear the names of the release's `sites.csv` (DICTIONARY.md explains them), as far
// as the page holds them. Where it all comes from, what was chosen and under which terms goes along in the file itself.
import { written } from "./state.js";

const FORMULA = /^(?:'*[=+\-@\t\r\n＝＋－＠])/; // The same as `spreadsheet.py`, so that `plain_cell` undoes it.
const NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;
const BLOCK = 1000; // Rows that are one text: a hundred thousand, each for itself, take several times the memory.
const RELEASE_MS = 60_000; // A browser that asks where to put a file reads it only after that.
const COLUMNS = [
  "site_id", "name", "name_en", "longitude", "latitude", "other_names", "region", "country", "aspect", "type", "theme",
  "status", "start_year", "end_year", "year_precision", "end_precision", "timeline", "operator", "address", "postcode", "city",
  "heritage_scheme", "heritage_designation", "heritage_ref", "erih_role", "present_use", "visitor_access",
  "opening_hours", "fee", "wheelchair", "website", "wikidata", "wikipedia", "image", "n_review", "part_of", "conflicts",
  "accuracy_m", "geometry_origin", "licence", "attribution", "record_keys",
];
const ACCURACY = "accuracy_m: how far the true place may lie from the point, in meters";
const TYPES = { csv: "text/csv;charset=utf-8", geojson: "application/geo+json" };

export class Saved {
  constructor(sites) {
    this.sites = sites;
  }

  /**
   * Offer a file of these sites to the reader; returns its name.
   * @param {"csv"|"geojson"} kind
   * @param {number[]} found
   * @param {{words: string, q: string, facets: object}} chosen What was chosen, in words and as in the address.
   */
  offer(kind, found, chosen) {
    const rows = [...found].sort((one, other) => one - other);
    const parts = kind === "csv" ? this.csv(rows, chosen) : this.geojson(rows, chosen);
    const address = URL.createObjectURL(new Blob(parts, { type: TYPES[kind] }));
    const name = this.name(rows, kind);
    const link = document.createElement("a");
    [link.href, link.download] = [address, name];
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), RELEASE_MS);
    return name;
  }

  name(rows, kind) {
    const { notice, data_date } = this.sites.data.release;
    const day = /^\d{4}-\d\d-\d\d/.exec(data_date)?.[0];
    const part = rows.length === this.sites.count ? `${rows.length}` : `${rows.length}-of-${this.sites.count}`;
    return ["inducult", notice && "sample", "sites", day, part].filter(Boolean).join("-") + `.${kind}`;
  }

  /** Comma, byte order mark, a line feed after each row, no cell that a spreadsheet takes for a formula. */
  csv(rows, chosen) {
    const about = this.about(rows, chosen);
    const said = [`${about.title}; data up to ${about.data_up_to}; run ${about.run_id}`, about.selection].map(cell).join(",");
    const line = (site) => `${COLUMNS.map((name) => cell(flat(this.value(name, site)))).join(",")},${said},${cell(this.notes(site))}\n`;
    return [`\ufeff${[...COLUMNS, "release", "selection", "notes"].join(",")}\n`, ...blocks(rows, line, "")];
  }

  /** RFC 7946: degrees in WGS 84; what is said of all sites stands before them. */
  geojson(rows, chosen) {
    const { lon, lat } = this.sites.columns;
    const names = COLUMNS.filter((name) => name !== "longitude" && name !== "latitude");
    const feature = (site) => JSON.stringify({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon[site], lat[site]] },
      properties: Object.fromEntries(names.map((name) => [name, this.value(name, site)])),
    });
    const head = JSON.stringify({ type: "FeatureCollection", name: "inducult_sites", ...this.about(rows, chosen) });
    return [`${head.slice(0, -1)},"features":[\n`, ...blocks(rows, feature, ",\n"), "\n]}\n"];
  }

  /** What goes with the sites: release, date of the data, what was chosen, who must be named, how exact places are. */
  about(rows, { words, q, facets }) {
    const { title, release, sources } = this.sites.data;
    const used = this.used(rows);
    const credit = [...used].sort().map((id) => {
      const [name, licence, attribution] = sources[id] ?? [id, "", ""];
      return `${name}: ${attribution}${licence && ` (${licence})`}`;
    });
    return {
      title,
      ...(release.notice && { notice: release.notice }),
      data_up_to: release.data_up_to,
      run_id: release.run_id,
      selection: words,
      selected: rows.length,
      sites_in_release: this.sites.count,
      link: `#${written({ q, facets })}`,
      credit: [...credit, ...this.terms(used)],
      accuracy: `${ACCURACY}; null: not known. geometry_origin: what the point stands for.`,
      columns: "As in sites.csv of the release, explained in its DICTIONARY.md; a link that is no web address is left out. "
        + "other_names: language or role, and name; record_keys: the records behind the site.",
    };
  }

  /** What a row of a table must say where it stands alone. */
  notes(site) {
    const { notice } = this.sites.data.release;
    return [notice, ...this.terms(this.used([site])), ACCURACY].filter(Boolean).join(" · ");
  }

  /** The sources behind these sites. */
  used(rows) {
    return new Set(rows.flatMap((site) => this.sites.columns.records[site].map((key) => key.slice(0, key.indexOf(":")))));
  }

  /** What these sources ask to be said of what is made from them. */
  terms(used) {
    return Object.entries(this.sites.data.release.terms).filter(([id]) => used.has(id)).map(([, text]) => text);
  }

  /** A value as the files of the release have it, null where there is none. */
  value(name, site) {
    const { sites } = this;
    const { columns, tables } = sites;
    switch (name) {
      case "longitude": return columns.lon[site];
      case "latitude": return columns.lat[site];
      case "n_review": return columns.n_review[site];
      case "part_of": return sites.whole(site) === null ? null : columns.site_id[sites.whole(site)];
      case "other_names": return pairs(columns.names[site] || []);
      case "timeline": return some(sites.events(site).map(({ precision, ...event }) => (precision ? { ...event, precision } : event)));
      case "conflicts": return nested(sites.disagreements(site));
      case "record_keys": return some(columns.records[site]);
      default: return name in tables ? sites.value(name, site) : sites.plain(name, site);
    }
  }
}

/** A cell of a CSV: quoted where it must be, and never a formula. */
export function cell(value) {
  if (value === null) return "";
  const text = typeof value !== "string" || !FORMULA.test(value) || NUMBER.test(value) ? String(value) : `'${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function flat(value) {
  return value !== null && typeof value === "object" ? JSON.stringify(value) : value;
}

function some(list) {
  return list.length ? list : null;
}

/** Names by language or role, of a flat list of both. */
function pairs(list) {
  const told = Array.from({ length: list.length / 2 }, (_, row) => list.slice(2 * row, 2 * row + 2));
  return told.length ? Object.fromEntries(told) : null;
}

function nested(rows) {
  if (!rows.length) return null;
  const told = new Map();
  for (const [column, key, value] of rows) told.set(column, [...(told.get(column) ?? []), [key, value]]);
  return Object.fromEntries([...told].map(([column, said]) => [column, Object.fromEntries(said)]));
}

function blocks(rows, text, between) {
  const parts = [];
  for (let from = 0; from < rows.length; from += BLOCK) {
    parts.push((from ? between : "") + rows.slice(from, from + BLOCK).map(text).join(between));
  }
  return parts;
}
