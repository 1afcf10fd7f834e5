// Keyboard commands. A page registers its own; they rest while the user types, and can be switched off.

import { setting } from "./settings.js";

let commands = new Map();

/** Use these commands (`{j: f}`) until the returned function is called. */
export function listen(wanted) {
  const mine = new Map(Object.entries(wanted));
  commands = mine;
  return () => {
    if (commands === mine) commands = new Map();
  };
}

function typing(target) {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || !setting("keys")) return;
  const command = commands.get(event.key.toLowerCase());
  if (!command) return;
  event.preventDefault();
  command();
});
