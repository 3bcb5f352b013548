// The sites as the page holds them (inducult_geo/publish/page/mapdata.py writes it): columns, and tables for repeated words.

import { label } from "./words.js";

export class Sites {
  constructor(data) {
    this.data = data;
    this.count = data.sites;
    this.columns = data.columns;
    this.tables = data.tables;
    this.places = new Map(this.columns.site_id.map((id, place) => [id, place]));
    this.columns.former.forEach((ids, place) => ids && ids.forEach((id) => this.places.set(id, place)));
    this.parts = new Map();
    this.columns.part_of.forEach((whole, part) => {
      if (whole) this.parts.set(whole - 1, [...(this.parts.get(whole - 1) ?? []), part]);
    });
  }

  /** The value of a coded column in words, null where there is none. */
  word(column, site) {
    const code = this.columns[column][site];
    return code < 0 ? null : label(column, ...this.tables[column][code]);
  }

  /** The value of a coded column as it stands in the files. */
  value(column, site) {
    const code = this.columns[column][site];
    return code < 0 ? null : this.tables[column][code][0];
  }

  /** Any value of a coded column in words. */
  spelled(column, value) {
    return label(column, value, this.tables[column].find(([known]) => known === value)?.[1] ?? value);
  }

  /** A plain value, null where there is none. */
  plain(column, site) {
    return this.columns[column][site] || null;
  }

  /** The site that one is a part of, null where there is none. */
  whole(site) {
    return this.columns.part_of[site] ? this.columns.part_of[site] - 1 : null;
  }

  /** Column, record and value wherever records disagree. */
  disagreements(site) {
    const told = this.columns.conflicts[site] || [];
    return Array.from({ length: told.length / 3 }, (_, row) => told.slice(3 * row, 3 * row + 3));
  }

  /** What happened in which year, which record says so and how exact it is, in order. */
  events(site) {
    const told = this.columns.timeline[site] || [];
    const { event, year_precision } = this.tables;
    return Array.from({ length: told.length / 4 }, (_, row) => {
      const [year, what, record, precision] = told.slice(4 * row, 4 * row + 4);
      return { year, event: event[what][0], record: this.columns.records[site][record] ?? null, precision: year_precision[precision]?.[0] ?? null };
    });
  }

  title(site) {
    return this.columns.name[site] || this.columns.name_en[site] || this.columns.site_id[site];
  }

  /** Branch and town in one line. */
  subtitle(site) {
    return [this.word("type", site) ?? this.word("theme", site), this.plain("city", site)].filter(Boolean).join(" · ");
  }

  /** Corners around sites: [[west, south], [east, north]], null for none. */
  bounds(sites) {
    const { lon, lat } = this.columns;
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const site of sites) {
      west = Math.min(west, lon[site]);
      east = Math.max(east, lon[site]);
      south = Math.min(south, lat[site]);
      north = Math.max(north, lat[site]);
    }
    return west > east ? null : [[west, south], [east, north]];
  }

  /** The sites as GeoJSON points with what the layers need to draw them. */
  points(sites) {
    const { lon, lat, aspect, theme } = this.columns;
    // A site of no known branch bears the sign of the others, and is none of them.
    const other = this.tables.theme.findIndex(([value]) => value === "other");
    const sign = (code) => (code < 0 ? other : code);
    const features = Array.from(sites, (site) => ({
      type: "Feature",
      id: site,
      properties: { a: `${aspect[site]}`, i: `${aspect[site]}-${sign(theme[site])}` },
      geometry: { type: "Point", coordinates: [lon[site], lat[site]] },
    }));
    return { type: "FeatureCollection", features };
  }
}
