// The signs of the sites, drawn once on canvases: an aspect's rings with the pictogram of the branch inside; from afar,
// where a pictogram would be a blot, the aspect's filled shapes alone.
import { onGrid } from "./dom.js";

/** From so many sites on, they are dots from afar: shapes of three pixels are noise, and slow. */
export const HUGE = 20_000;
const RATIO = 2;
const SIZE = 34;
const RADIUS = 10;
const MIDDLE = (SIZE * RATIO) / 2;

function drawn(paint) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  paint(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function shape(pen, paths, grid, angle, radius, { fill, stroke, width }) {
  pen.setTransform(RATIO, 0, 0, RATIO, MIDDLE, MIDDLE);
  pen.rotate((angle * Math.PI) / 180);
  pen.scale(radius, radius);
  if (grid) {
    pen.scale(1 / 12, 1 / 12);
    pen.translate(-12, -12);
  }
  for (const text of paths) {
    const path = new Path2D(text);
    pen.fillStyle = fill;
    pen.fill(path, "evenodd");
    if (!stroke) continue;
    pen.lineWidth = width / radius;
    pen.lineJoin = "round";
    pen.strokeStyle = stroke;
    pen.stroke(path);
  }
}

/** An aspect's rings with a branch's pictogram inside. */
function near(rings, mark, shapes) {
  return drawn((pen) => {
    for (const [[name, color, angle], share] of rings) {
      shape(pen, shapes[name], false, angle, RADIUS * share, { fill: "#ffffff", stroke: color, width: 2.6 });
    }
    if (mark) shape(pen, shapes[mark[0]], onGrid(mark[0]), mark[2], RADIUS * 0.66, { fill: mark[1] });
  });
}

/** An aspect as filled shapes with a thin white rim. */
function far(rings, shapes) {
  return drawn((pen) => fromAfar(rings).forEach(([[name, color, angle], size]) => {
    shape(pen, shapes[name], false, angle, RADIUS * size, { fill: color, stroke: "#ffffff", width: 1.6 });
  }));
}

/** An aspect as it is drawn from afar: shapes filled with their color, the inner one smaller; of very many sites, dots. */
export function fromAfar(rings, count = 0) {
  return rings.map(([[name, color, angle], share], place) => {
    const size = place ? share * 0.72 : share;
    return count > HUGE ? [["circle", color, 0], size, true] : [[name, color, angle], size, true];
  });
}

/** Give the map the picture of an aspect ("2"), or of an aspect and a theme ("2-3"), by their numbers, when it first asks for it. */
export function giveSigns(map, { marks, tables }) {
  map.on("styleimagemissing", ({ id }) => {
    const [aspect, theme] = id.split(/-(.*)/);
    const rings = marks.aspect[tables.aspect[aspect][0]];
    const sign = theme === undefined ? far(rings, marks.shapes) : near(rings, marks.theme[tables.theme[theme]?.[0]], marks.shapes);
    map.addImage(id, sign, { pixelRatio: RATIO });
  });
}
