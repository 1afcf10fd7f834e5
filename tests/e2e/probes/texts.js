// Texts, and the attributes that are read out or shown; without what is marked as data.
() => {
  const found = [];
  const data = (element) => element.closest('[translate="no"]') !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest('script, noscript, kbd') || data(parent)) continue;
    if (node.textContent.trim()) found.push(node.textContent.trim());
  }
  for (const element of document.querySelectorAll('[title], [aria-label], [alt], [placeholder]')) {
    if (data(element)) continue;
    for (const name of ['title', 'aria-label', 'alt', 'placeholder']) {
      if (element.getAttribute(name)) found.push(element.getAttribute(name));
    }
  }
  return [document.title, ...found];
}
