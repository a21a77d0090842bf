// Elements are made here and nowhere else. Foreign text becomes text nodes only, never markup.

const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]/gu;
export const SHOWN = 20000;

// Text fit to be shown: no control characters, no overrides of the writing direction, not beyond all measure.
export function visible(value) {
  const text = String(value);
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)} … and ${(text.length - SHOWN).toLocaleString("en")} more characters` : text;
  return cut.replace(UNSEEN, "\ufffd");
}

// h("p.lead", {title: "x"}, "text", child): properties set as attributes, functions as listeners.
export function h(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : visible(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
    }
  }
  return element;
}

export const $ = (selector) => document.querySelector(selector);

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(visible(child)))));
}

// What a screen reader says, politely; equal sentences are said again.
export function say(text) {
  const live = $("#live");
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = visible(text); });
}

export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

export function doiLink(doi) {
  const href = `https://doi.org/${encodeURIComponent(visible(doi)).replace(/%2F/g, "/")}`;
  return h("a.doi", { href, rel: "noreferrer noopener", target: "_blank" }, doi);
}
