// What the user chose on this machine: theme, language, sound, keys. Survives a reload; never leaves the browser.

const DEFAULTS = { theme: "dark", language: null, sound: false, keys: true };
const PREFIX = "bukong.";

export const settings = new EventTarget();

/** The chosen value, or the default where nothing valid was chosen. */
export function setting(name) {
  try {
    const stored = localStorage.getItem(PREFIX + name);
    return stored === null ? DEFAULTS[name] : JSON.parse(stored);
  } catch {
    return DEFAULTS[name]; // storage is forbidden, or holds what we did not write
  }
}

/** Choose; listeners of "change" learn the name. */
export function choose(name, value) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    DEFAULTS[name] = value; // lasts until the page is closed
  }
  settings.dispatchEvent(new CustomEvent("change", { detail: name }));
}
