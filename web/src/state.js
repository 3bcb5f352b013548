// What the address says after its #: search, filters, language, density, place on the map and the open card.
// A link then shows another reader the same. "#IC-XXXXX-X" alone names a site, too.

const NOTHING = "~"; // Stands for "not stated" among the values of a facet.
const AT_ONCE_MS = 150;

/** Read an address into { site, q, lang, density, map, facets: { name: [value] } }. */
export function read(hash, facets) {
  const text = hash.replace(/^#/, "");
  if (!text.includes("=")) return { site: decoded(text), facets: {} };
  const parts = new URLSearchParams(text);
  const told = { facets: {} };
  for (const name of ["site", "q", "lang", "density", "map"]) told[name] = parts.get(name) ?? "";
  for (const name of facets) {
    const values = parts.getAll(name).map((value) => (value === NOTHING ? "" : value));
    if (values.length) told.facets[name] = values;
  }
  return told;
}

/** The address of a state, without what is as at the start. */
export function written({ facets, ...plain }) {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(plain)) if (value) parts.set(name, value);
  for (const [name, values] of Object.entries(facets)) {
    for (const value of values) parts.append(name, value === "" ? NOTHING : value);
  }
  return parts.toString();
}

/** Keeps the address in step; browsers refuse more than a few changes a second. */
export class Address {
  constructor(tell) {
    this.tell = tell;
    this.card = history.state?.card;
    addEventListener("popstate", ({ state }) => {
      this.back = state?.before !== undefined && state.before === this.card;
      if (!this.back) this.card = state?.card;
    });
  }

  /** Whether the reader has just stepped back from the card that a step opened: asked once for each change of the address. */
  stepped() {
    const { back } = this;
    this.back = false;
    return back;
  }

  keep() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), AT_ONCE_MS);
  }

  /** Write the address; as a `step`, the button "back" leads to what it was before. */
  now(step = false) {
    clearTimeout(this.timer);
    const text = written(this.tell());
    if (text === location.hash.slice(1)) return;
    if (step) {
      this.card = Date.now();
      history.replaceState({ before: this.card }, "");
    }
    const place = text ? `#${text}` : location.pathname + location.search;
    if (step) history.pushState({ card: this.card }, "", place);
    else history.replaceState(history.state, "", place);
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // An address that nobody can read names no site.
  }
}
