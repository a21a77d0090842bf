() => [...document.querySelectorAll('button, input, select, textarea, meter, dialog, [role=listbox], main, nav')]
  .filter(each => each.checkVisibility() && !(each.ariaLabel || each.labels?.length || each.textContent.trim() || each.title
    || each.getAttribute('aria-labelledby'))).map(each => each.outerHTML)
