// Where Ant Design writes its styles. The content policy forbids `<style>` elements, and rightly; sheets that script
// constructs and adopts are no markup and are allowed. Same interface as @rc-component/util's Dom/dynamicCSS, which
// this stands in for (see vite.config.ts).

interface Options {
  priority?: number;
}

interface Entry {
  sheet: CSSStyleSheet;
  text: string;
  priority: number;
  mark: HTMLElement;
}

const entries = new Map<string, Entry>();

function adopt(): void {
  // What Ant Design wants in front has a low priority; the rest keeps the order it came in.
  const sorted = [...entries.values()].sort((a, b) => a.priority - b.priority);
  document.adoptedStyleSheets = sorted.map(({ sheet }) => sheet);
}

/** Put a sheet in place, or change the one of this key. The element it gives back is only a place for attributes. */
export function updateCSS(text: string, key: string, options: Options = {}): HTMLElement {
  const known = entries.get(key);
  if (known) {
    if (known.text !== text) {
      known.text = text;
      known.sheet.replaceSync(text);
    }
    return known.mark;
  }
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  const entry = { sheet, text, priority: options.priority ?? 0, mark: document.createElement("span") };
  entries.set(key, entry);
  adopt();
  return entry.mark;
}

export function injectCSS(text: string, options: Options = {}): HTMLElement {
  return updateCSS(text, `injected-${String(entries.size)}`, options);
}

export function removeCSS(key: string): void {
  if (entries.delete(key)) adopt();
}

export function clearContainerCache(): void {
  // There are no containers.
}
