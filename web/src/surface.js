// The density surfaces of the release as pictures on the map: gray values from the page, colored here.

const LEVELS = 256;

/** The color of each gray value: red, green, blue, opacity. A gray value is the root of the share of the highest one. */
export function palette(stops) {
  const colors = stops.map(([share, color]) => [share, [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16))]);
  return Array.from({ length: LEVELS }, (_, gray) => {
    const share = (gray / (LEVELS - 1)) ** 2;
    const upper = Math.max(1, colors.findIndex(([stop]) => stop >= share));
    const [[low, from], [high, to]] = [colors[upper - 1], colors[upper]];
    const part = (share - low) / (high - low);
    return [...from.map((value, n) => Math.round(value + part * (to[n] - value))), Math.min(235, gray * 3)];
  });
}

/** Draw a surface on a canvas. */
export async function drawn({ png, stops }) {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
  const colors = palette(stops);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set(colors[pixels.data[at]], at);
  pen.putImageData(pixels, 0, 0);
  return canvas;
}

/** The corners of a surface as the map wants them: from the upper left one, clockwise. */
export function corners([west, south, east, north]) {
  return [[west, north], [east, north], [east, south], [west, south]];
}
