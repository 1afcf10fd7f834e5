// Both dictionaries: complete, in their own language, and nothing in them that nobody asks for.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import chinese from "../src/languages/zh-CN.json";
import english from "../src/languages/en.json";

const HAN = /\p{Script=Han}/u;
const sources = readdirSync("src", { recursive: true, encoding: "utf-8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith("schema.d.ts"))
  .map((name) => readFileSync(join("src", name), "utf-8"))
  .join("\n");
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

describe("the dictionaries", () => {
  it("have the same keys in the same order", () => {
    expect(Object.keys(chinese)).toEqual(Object.keys(english));
  });

  it.each(Object.entries(chinese))(
    "%s is Chinese, and names the values that its English names",
    (key, text) => {
      const other = (english as Record<string, string>)[key] ?? "";
      expect(text.trim()).not.toBe("");
      expect(other.trim()).not.toBe("");
      expect(places(text)).toEqual(places(other));
      expect(other).not.toMatch(/\p{Script=Han}|[，。；：（）]/u);
      if (key !== "none") expect(HAN.test(text) || /^[{}\w %/]+$/.test(text)).toBe(true);
    },
  );

  it("hold nothing that nobody asks for", () => {
    // Groups whose keys are put together from codes: t(`group.${code}`), word("group", code), <Term group="group">.
    const groups = new Set(
      [...sources.matchAll(/`([a-z_.]+?)\.\$\{|(?:word|codes)\("([a-z_.]+)"|group="([a-z_]+)"/g)].flatMap(
        (found) => found.slice(1).filter(Boolean),
      ),
    );
    const quoted = new Set([...sources.matchAll(/"([a-z_]+(?:\.[a-z_0-9]+)*)"/g)].map(([, word]) => word));
    const unused = Object.keys(chinese).filter((key) => {
      const head = key.replace(/\.(hint|ask)$/, "");
      return !quoted.has(key) && !quoted.has(head) && ![...groups].some((group) => key.startsWith(`${group}.`));
    });
    expect(unused).toEqual([]);
  });
});
