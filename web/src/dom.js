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

/** Draw rings and marks as a small picture; `parts` are [[shape, color, angle], size, filled]. */
export function picture(parts, shapes, className) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["viewBox", "-1.65 -1.65 3.3 3.3"], ["aria-hidden", "true"], ["class", className]]) {
    svg.setAttribute(name, value);
  }
  for (const [[shape, color, angle], size, filled] of parts) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shapes[shape]);
    path.setAttribute("transform", `rotate(${angle}) scale(${size})`);
    path.setAttribute("fill", filled ? color : "#ffffff");
    if (!filled) {
      path.setAttribute("stroke", color);
      path.setAttribute("stroke-width", String(0.3 / size));
    }
    svg.append(path);
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
