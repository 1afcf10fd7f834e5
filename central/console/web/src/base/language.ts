// Both languages are dictionaries with the same keys; a test compares them. Only the one spoken is loaded.
import type chinese from "../languages/zh-CN.json";
import { createStore, useStore } from "./store";

export type Key = keyof typeof chinese;
export type Language = "zh-CN" | "en";
export type Values = Record<string, string | number>;
type Dictionary = Record<Key, string>;

export interface Speech {
  language: Language;
  /** The text of a key, `{name}` filled in. */
  t: (key: Key, values?: Values) => string;
  /** A code of the server's ("inbound", "too_small") in words; null where we have none. */
  word: (group: string, code: string) => string | null;
  /** The codes of a group that we have words for. */
  codes: (group: string) => string[];
  number: (value: number | null | undefined, options?: Intl.NumberFormatOptions) => string;
  percent: (value: number, digits?: number) => string;
}

const LOADERS: Record<Language, () => Promise<{ default: Dictionary }>> = {
  "zh-CN": () => import("../languages/zh-CN.json"),
  en: () => import("../languages/en.json"),
};

function speech(language: Language, dictionary: Dictionary): Speech {
  const t = (key: Key, values: Values = {}) =>
    dictionary[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
  const number = (value: number | null | undefined, options: Intl.NumberFormatOptions = {}) =>
    value === null || value === undefined ? t("none") : new Intl.NumberFormat(language, options).format(value);
  return {
    language,
    t,
    word: (group, code) => (dictionary as Partial<Record<string, string>>)[`${group}.${code}`] ?? null,
    codes: (group) =>
      Object.keys(dictionary)
        .filter((key) => key.startsWith(`${group}.`))
        .map((key) => key.slice(group.length + 1)),
    number,
    percent: (value, digits = 0) =>
      number(value, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }),
  };
}

const spoken = createStore<Speech>(speech("zh-CN", {} as Dictionary));

/** Speak a language from now on. */
export async function speak(language: Language | null): Promise<void> {
  const name = language ?? "zh-CN";
  const { default: dictionary } = await LOADERS[name]();
  spoken.set(speech(name, dictionary));
  document.documentElement.lang = name;
}

/** The language as it is now, for what is no component. */
export function speaking(): Speech {
  return spoken.get();
}

export function useSpeech(): Speech {
  return useStore(spoken);
}

export function known(language: string): language is Language {
  return language in LOADERS;
}
