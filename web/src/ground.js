// The ground of the map: land and borders (put in by backdrop.mjs), the degrees, and the regions.
/* global BACKDROP */

export const EMPTY = { type: "FeatureCollection", features: [] };

function collection(type, all) {
  const features = all.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type, coordinates } }));
  return { type: "FeatureCollection", features };
}

function walked(steps) {
  let [x, y] = [0, 0];
  const line = [];
  for (let at = 0; at < steps.length; at += 2) {
    x += steps[at];
    y += steps[at + 1];
    line.push([x * BACKDROP.step, y * BACKDROP.step]);
  }
  return line;
}

export function land() {
  return collection("Polygon", BACKDROP.land.map((rings) => rings.map((ring) => {
    const line = walked(ring);
    return [...line, line[0]];
  })));
}

export function borders() {
  return collection("LineString", BACKDROP.borders.map(walked));
}

export function outlines(regions) {
  return collection("MultiPolygon", regions.map(({ rings }) => rings));
}

export function graticule() {
  const lines = [];
  for (let lon = -30; lon <= 50; lon += 2) lines.push([[lon, 30], [lon, 72]]);
  for (let lat = 30; lat <= 72; lat += 2) lines.push([[-30, lat], [50, lat]]);
  return collection("LineString", lines);
}
