// Names on the map as plain elements over it: no font file is needed. Regions first, then towns.

const MOST_TOWNS = 250;
const NEAR_ZOOM = 8;

/** Keeps the names where they hide neither one another nor another region. */
export class Names {
  constructor(map, element, sites) {
    Object.assign(this, { map, element, sites });
    const { outlines, towns } = sites.data;
    this.box = document.createElement("div");
    this.box.className = "words-on-map";
    this.box.setAttribute("aria-hidden", "true");
    this.words = [
      ...outlines.map(({ title, box: [west, south, east, north] }) => this.#word(title, "region", [[west, north], [east, south]])),
      ...towns.map(([title, lon, lat]) => this.#word(title, "town", [[lon, lat], [lon, lat]])),
    ];
    map.getCanvasContainer().append(this.box);
    for (const event of ["move", "resize"]) map.on(event, () => this.place());
    this.place();
  }

  #word(text, kind, corners) {
    const span = document.createElement("span");
    span.textContent = text;
    span.className = kind;
    span.style.visibility = "hidden";
    this.box.append(span);
    return { span, kind, corners };
  }

  /** Add the words that show from near only: most who open the page see it from afar first. */
  #complete() {
    this.words.push(...sitesTowns(this.sites).map(([title, lon, lat]) => this.#word(title, "place", [[lon, lat], [lon, lat]])));
    this.complete = true;
  }

  place() {
    const { clientWidth, clientHeight } = this.element;
    const close = this.map.getZoom() >= NEAR_ZOOM;
    if (close && !this.complete) this.#complete();
    const taken = [];
    for (const word of this.words) {
      const corners = word.corners.map((at) => this.map.project(at));
      word.ground = [corners[0].x, corners[0].y, corners[1].x, corners[1].y];
    }
    const regions = words(this.words, "region");
    const inside = (box) => box[0] >= 0 && box[2] <= clientWidth && box[1] >= 0 && box[3] <= clientHeight;
    const near = ([west, north, east, south]) => east >= 0 && west <= clientWidth && south >= 0 && north <= clientHeight;
    const seen = new Set(this.words.filter((word) => (close || word.kind !== "place") && near(word.ground)));
    // Sizes are read before anything is written: else the page is laid out anew for each word.
    for (const word of seen) word.size ??= [word.span.offsetWidth, word.span.offsetHeight];
    for (const word of this.words) {
      const free = (box) => inside(box) && !taken.some((other) => overlap(box, other));
      const open = (box) => free(box) && !regions.some((other) => other !== word && overlap(box, other.ground));
      let box;
      if (seen.has(word)) {
        const boxes = places(word, clientWidth);
        box = word.kind === "place" ? boxes.find(free) : boxes.find(open) ?? (word.kind === "region" ? boxes.find(free) : undefined);
      }
      word.span.style.visibility = box ? "visible" : "hidden";
      if (!box) continue;
      taken.push(box);
      word.span.style.transform = `translate(${Math.round(box[0])}px, ${Math.round(box[1])}px)`;
    }
  }
}

/** Towns that sites name, where most of their sites are; those with the most sites first. */
function sitesTowns({ columns, count }) {
  const towns = new Map();
  for (let site = 0; site < count; site += 1) {
    const city = columns.city[site];
    if (!city) continue;
    const key = `${columns.region[site]} ${city}`;
    if (!towns.has(key)) towns.set(key, []);
    towns.get(key).push(site);
  }
  const largest = [...towns.values()].sort((one, other) => other.length - one.length).slice(0, MOST_TOWNS);
  return largest.map((sites) => [columns.city[sites[0]], median(columns.lon, sites), median(columns.lat, sites)]);
}

function median(column, sites) {
  const sorted = sites.map((site) => column[site]).sort((one, other) => one - other);
  return sorted[sorted.length >> 1];
}

function words(all, kind) {
  return all.filter((word) => word.kind === kind);
}

/** Boxes where a word may stand: a region's under or over it, a town's beside its dot. */
function places({ kind, ground: [west, north, east, south], size: [width, height] }, room) {
  if (kind === "town") return [[west, north - height / 2, west + width, north + height / 2]];
  if (kind === "place") return [[west - width / 2, north + 9, west + width / 2, north + 9 + height]];
  const middle = (west + east) / 2 - width / 2;
  // A name at the edge moves in as long as its region can be seen.
  const left = east < 0 || west > room ? middle : Math.max(4, Math.min(middle, room - width - 4));
  return [south + 5, north - height - 5].map((top) => [left, top, left + width, top + height]);
}

function overlap(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}
