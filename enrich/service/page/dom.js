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

const nodes = (children) => children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
  .map((child) => (child instanceof Node ? child : document.createTextNode(visible(child))));

export function fill(element, ...children) {
  element.replaceChildren(...nodes(children));
}

// As `fill`, but a child that stays as it was is not touched: a browser makes no click of a press whose element was taken
// out before the release, and who has the focus on it would lose it. So listeners may not hold what changes.
export function refill(element, ...children) {
  const wanted = nodes(children);
  wanted.forEach((node, place) => {
    const old = element.childNodes[place];
    if (!old) element.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (element.childNodes.length > wanted.length) element.lastChild.remove();
}

// Makes an element what a fresh one of its kind is; styles set by script aside.
export function become(old, fresh) {
  for (const key of new Set([...old.getAttributeNames(), ...fresh.getAttributeNames()])) {
    if (key === "style" || old.getAttribute(key) === fresh.getAttribute(key)) continue;
    if (fresh.hasAttribute(key)) old.setAttribute(key, fresh.getAttribute(key));
    else old.removeAttribute(key);
  }
  refill(old, ...fresh.childNodes);
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
