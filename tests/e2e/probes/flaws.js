// What axe would say: controls without a name, pictures without an alternative, ids given twice, bare tables.
() => {
  const flaws = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true });
  const words = (element) => (element.textContent || '').trim()
    || [...element.querySelectorAll('img[alt], [aria-label]')]
         .map((e) => e.getAttribute('alt') || e.getAttribute('aria-label')).join('');
  const describe = (element) => element.outerHTML.slice(0, 120);
  for (const control of document.querySelectorAll('input, select, textarea')) {
    if (shown(control) && !control.labels?.length && !control.getAttribute('aria-label')) {
      flaws.push('no label: ' + describe(control));
    }
  }
  for (const control of document.querySelectorAll('button, a[href]')) {
    if (shown(control) && !words(control) && !control.getAttribute('aria-label')) flaws.push('no name: ' + describe(control));
  }
  for (const image of document.querySelectorAll('img')) {
    if (!image.hasAttribute('alt')) flaws.push('no alternative: ' + describe(image));
  }
  for (const svg of document.querySelectorAll('svg')) {
    const silent = svg.getAttribute('aria-hidden') === 'true';
    if (!silent && !(svg.getAttribute('role') === 'img' && svg.getAttribute('aria-label'))) flaws.push('svg: ' + describe(svg));
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) flaws.push('id given twice: ' + id);
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption || [...table.querySelectorAll('th')].some((th) => !th.scope)) flaws.push('table: ' + describe(table));
  }
  for (const element of document.querySelectorAll('[tabindex]')) {
    if (element.tabIndex > 0) flaws.push('tab order: ' + describe(element));
  }
  if (document.querySelectorAll('main').length !== 1) flaws.push('expected one main');
  if (!document.documentElement.lang) flaws.push('no language');
  return flaws;
}
