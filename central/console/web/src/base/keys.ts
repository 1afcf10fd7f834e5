// Keyboard commands. A page registers its own; they rest while the user types, and can be switched off.
import { useLayoutEffect, useRef } from "react";
import { settings } from "./settings";

export type Commands = Record<string, () => void>;

let commands: Commands | null = null;

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
  if (typing(event.target) || document.querySelector("dialog[open]") || !settings.get().keys) return;
  const command = commands?.[event.key.toLowerCase()];
  if (!command) return;
  event.preventDefault();
  command();
});

/** Use these commands (`{j: f}`) while the component is on the page. */
export function useKeys(wanted: Commands): void {
  const latest = useRef(wanted);
  useLayoutEffect(() => {
    latest.current = wanted;
  });
  useLayoutEffect(() => {
    const mine = new Proxy<Commands>({}, { get: (_, key) => latest.current[String(key)] });
    commands = mine;
    return () => {
      if (commands === mine) commands = null;
    };
  }, []);
}
