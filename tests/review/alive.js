() => {
  // Elements that the page itself never has, handlers in attributes, and links to anywhere but the resolver.
  const foreign = 'script, iframe, img, svg, object, embed, base, form, math, style, link, meta, template';
  const all = [...document.querySelectorAll('*')];
  return [
    ...[...document.querySelectorAll(foreign)].filter((each) => !each.closest('head') && !['filter', 'lookup'].includes(each.id)).map((each) => each.outerHTML),
    ...all.flatMap((each) => [...each.attributes]).filter((each) => /^on/i.test(each.name)).map((each) => each.name),
    ...[...document.querySelectorAll('a:not(.skip)')].map((each) => each.href).filter((href) => !href.startsWith('https://doi.org/')),
    ...(window.pwned ? ['pwned'] : []),
  ];
}
