// What the user chose on this machine. Survives a reload; never leaves the browser.
import { createStore, useStore } from "./store";

export interface Settings {
  theme: "dark" | "light";
  language: "zh-CN" | "en" | null; // null: what the account says
  sound: boolean;
  notices: boolean; // desktop notifications
  keys: boolean;
}

const DEFAULTS: Settings = { theme: "dark", language: null, sound: false, notices: false, keys: true };
const PREFIX = "bukong.";

function stored(): Settings {
  const found: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, usual] of Object.entries(DEFAULTS)) {
    try {
      const text = localStorage.getItem(PREFIX + name);
      const value: unknown = text === null ? null : JSON.parse(text);
      if (value !== null && (usual === null || typeof value === typeof usual)) found[name] = value;
    } catch {
      // storage is forbidden, or holds what we did not write
    }
  }
  return found as unknown as Settings;
}

export const settings = createStore<Settings>(stored());

export function choose<K extends keyof Settings>(name: K, value: Settings[K]): void {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // lasts until the page is closed
  }
  settings.set({ ...settings.get(), [name]: value });
}

export function useSettings(): Settings {
  return useStore(settings);
}
