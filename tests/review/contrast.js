() => {
  const channel = value => { const c = value / 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
  const parsed = color => color.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b);
  const ground = each => { for (let at = each; at; at = at.parentElement) {
    const color = parsed(getComputedStyle(at).backgroundColor); if (color.length < 4 || color[3] > 0) return color; } return [255, 255, 255]; };
  const veiled = each => { let seen = 1; for (let at = each; at; at = at.parentElement) seen *= getComputedStyle(at).opacity; return seen; };
  const poor = [];
  for (const each of document.querySelectorAll('body *')) {
    const own = [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    const faded = each.closest(':disabled, .unseen, .skip, option');
    if (!own || faded || !each.checkVisibility()) continue;
    const [under, seen] = [ground(each), veiled(each)];
    const ink = parsed(getComputedStyle(each).color).slice(0, 3).map((value, place) => seen * value + (1 - seen) * under[place]);
    const [one, other] = [light(ink), light(under)].sort((a, b) => b - a);
    const ratio = (one + .05) / (other + .05);
    if (ratio < 4.5) poor.push(`${each.className || each.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}
