// Elements without a framework. Children are text or nodes, never markup: what the server sends can't become HTML.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  // A select knows its value only once it has its options.
  if (element instanceof HTMLSelectElement && attributes.value !== undefined) element.value = attributes.value;
  return element;
}

/** An HTML element: `h("p", {class: "note", onclick: f}, "text", child)`. Null attributes and children are left out. */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Text that came from the server or the user: never translated, and the translation test skips it. */
export function data(text, attributes = {}) {
  return h("span", { translate: "no", ...attributes }, text === null || text === undefined ? "" : String(text));
}

/** Put children in place of what an element holds. */
export function replace(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Make a list's children those of `nodes`, in order, touching only what moved.
 * Moving a node reloads nothing, but focus and scroll survive only on nodes that stay.
 */
export function arrange(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const node of nodes) {
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
}
