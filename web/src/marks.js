// The signs of the sites, drawn once on canvases: an aspect's rings with the mark of the branch inside.

const RATIO = 2;
const SIZE = 30;
const RADIUS = 8.5;

/** Draw the sign of an aspect and a theme. */
function sign(rings, mark, shapes) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * RATIO;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  for (const [[shape, color, angle], share] of rings) paint(pen, shapes[shape], angle, RADIUS * share, null, color);
  if (mark) paint(pen, shapes[mark[0]], mark[2], RADIUS * 0.55, mark[1], null);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

function paint(pen, shape, angle, radius, fill, stroke) {
  pen.setTransform(RATIO, 0, 0, RATIO, canvasMiddle, canvasMiddle);
  pen.rotate((angle * Math.PI) / 180);
  pen.scale(radius, radius);
  const path = new Path2D(shape);
  pen.fillStyle = fill ?? "#ffffff";
  pen.fill(path);
  if (stroke) {
    pen.lineWidth = 2.6 / radius;
    pen.lineJoin = "round";
    pen.strokeStyle = stroke;
    pen.stroke(path);
  }
}

const canvasMiddle = (SIZE * RATIO) / 2;

/** Give the map a picture for every aspect and theme, named by their numbers ("0-3"). */
export function addSigns(map, data) {
  const { marks, tables } = data;
  tables.aspect.forEach(([aspect], a) => {
    tables.theme.forEach(([theme], t) => {
      map.addImage(`${a}-${t}`, sign(marks.aspect[aspect], marks.theme[theme], marks.shapes), { pixelRatio: RATIO });
    });
  });
}
