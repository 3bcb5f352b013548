// What is shown, for paper: the map as it stands, and the sites that search and filters leave.
import { make, whole } from "./dom.js";
import { siteIcon, siteWords } from "./list.js";
import { t } from "./words.js";

const WIDEST = 680; // Pixels of a sheet of A4 between its margins.
const TALLEST = 560;
const MOST = 1000; // Rows: more than a person reads on paper, and all that a browser lays out at once.

/** Return the elements of a page of paper: what was asked for, the map where one is drawn, and the sites. */
export function paper(sites, found, { words, map }) {
  const rows = found.slice(0, MOST).map((site) => make("li", {}, siteIcon(sites, site), siteWords(sites, site)));
  const cut = found.length > MOST ? make("p", {}, t("n_of_sites", { n: whole(MOST), all: whole(found.length) })) : null;
  const title = make("p", { class: "title" }, words);
  return [title, map && sheet(map), make("ul", { class: "rows" }, ...rows), cut].filter(Boolean);
}

/** A copy of the map that paper can hold: what a graphics card drew is gone once it is seen, so it is drawn anew first. */
function sheet({ map, element }) {
  map.redraw();
  const copy = element.cloneNode(true);
  copy.removeAttribute("id");
  copy.setAttribute("aria-hidden", "true");
  const { clientWidth: width, clientHeight: height } = element;
  const zoom = Math.min(1, WIDEST / width, TALLEST / height);
  Object.assign(copy.style, { position: "relative", width: `${width}px`, height: `${height}px`, zoom: String(zoom) });
  copy.querySelector("canvas").getContext("2d").drawImage(map.getCanvas(), 0, 0);
  return copy;
}
