// Land and borders of Europe for the ground of the map: Natural Earth 1:50 million (public domain), as whole numbers.
import { readFile } from "node:fs/promises";
import { feature, mesh } from "topojson-client";

const WINDOW = [-25, 33, 46, 72]; // West, south, east, north in degrees: every region that may ever join lies inside.
const STEP = 1 / 400; // Degrees: about the accuracy of the source.
const SMALLEST = 0.004; // Square degrees: islands below that are no help in finding one's way.

const atlas = JSON.parse(await readFile(new URL("node_modules/world-atlas/countries-50m.json", import.meta.url), "utf8"));

/** Cut a ring at one side of the window after another (Sutherland and Hodgman). */
function clipRing(ring) {
  const sides = [
    [0, WINDOW[0], 1], [1, WINDOW[1], 1], [0, WINDOW[2], -1], [1, WINDOW[3], -1],
  ];
  return sides.reduce((points, [axis, at, sign]) => points.flatMap((point, place) => {
    const before = points.at(place - 1);
    const [inside, was] = [point, before].map((corner) => sign * (corner[axis] - at) >= 0);
    const share = (at - before[axis]) / (point[axis] - before[axis]);
    const crossing = before.map((value, n) => value + share * (point[n] - value));
    return [...(inside !== was ? [crossing] : []), ...(inside ? [point] : [])];
  }), ring);
}

/** Cut a line into the parts inside the window. */
function clipLine(line) {
  const inside = ([lon, lat]) => lon >= WINDOW[0] && lon <= WINDOW[2] && lat >= WINDOW[1] && lat <= WINDOW[3];
  const parts = [[]];
  for (const point of line) {
    if (inside(point)) parts.at(-1).push(point);
    else if (parts.at(-1).length) parts.push([]);
  }
  return parts.filter((part) => part.length > 1);
}

function area(ring) {
  return Math.abs(ring.reduce((sum, [x, y], place) => {
    const [before, beforeY] = ring.at(place - 1);
    return sum + before * y - x * beforeY;
  }, 0)) / 2;
}

/** A line as steps from point to point: the first is a place. */
function steps(line) {
  const told = [];
  let [x, y] = [0, 0];
  for (const [lon, lat] of line) {
    const [column, row] = [Math.round(lon / STEP), Math.round(lat / STEP)];
    if (told.length && column === x && row === y) continue;
    told.push(column - x, row - y);
    [x, y] = [column, row];
  }
  return told;
}

const land = feature(atlas, atlas.objects.land).features.flatMap(({ geometry }) => geometry.coordinates);
const holds = (ring) => ring.length > 3 && area(ring) > SMALLEST;
const polygons = land.map(([shore, ...lakes]) => [clipRing(shore), ...lakes.map(clipRing).filter(holds)]);

export const BACKDROP = {
  step: STEP,
  land: polygons.filter(([shore]) => holds(shore)).map((polygon) => polygon.map(steps)),
  borders: mesh(atlas, atlas.objects.countries, (one, other) => one !== other).coordinates.flatMap(clipLine).map(steps),
};
