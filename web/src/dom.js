// Elements from plain values. Text of the data only ever becomes a text node.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element; children are elements, text, or nothing. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** Whether a shape is drawn on a grid of 24 by 24; the others lie in a square from -1 to 1. */
export function onGrid(shape) {
  return shape.startsWith("24 ");
}

/** Draw rings and marks as a small picture; `parts` are [[shape, color, angle], size, filled]. */
export function picture(parts, shapes, className) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["viewBox", "-1.65 -1.65 3.3 3.3"], ["aria-hidden", "true"], ["class", className]]) {
    svg.setAttribute(name, value);
  }
  for (const [[shape, color, angle], size, filled] of parts) {
    const group = document.createElementNS(SVG, "g");
    const grid = onGrid(shape) ? " scale(.08333) translate(-12 -12)" : "";
    group.setAttribute("transform", `rotate(${angle}) scale(${size})${grid}`);
    group.setAttribute("fill", filled ? color : "#ffffff");
    group.setAttribute("fill-rule", "evenodd");
    if (!filled) {
      group.setAttribute("stroke", color);
      group.setAttribute("stroke-width", String(0.3 / size));
    }
    for (const d of shapes[shape]) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", d);
      group.append(path);
    }
    svg.append(group);
  }
  return svg;
}

/** A link that opens elsewhere and tells nobody where it was. */
export function link(address, text) {
  if (!/^https?:\/\//i.test(address)) return text;
  return make("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, text);
}

/** A number with thin spaces between the thousands. */
export function whole(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
