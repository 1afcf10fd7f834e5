// The read, position by position: what else the reader saw, so that a person knows where to look.

import { h } from "../dom.js";
import { percent, t } from "../language.js";

const SURE = 0.9;

/**
 * One cell a position: the character read, its probability, the runner-up.
 * `wanted`: the order's plate; a position that differs from it is marked.
 */
export function lattice(plate, wanted = null) {
  const characters = [...plate.text];
  const target = wanted === null ? null : [...wanted];
  const comparable = target !== null && target.length === characters.length;
  return h(
    "ol",
    { class: "lattice", "aria-label": t("lattice.title") },
    characters.map((character, at) => {
      const position = plate.alternatives?.[at] ?? [];
      const probability = position.find(([c]) => c === character)?.[1] ?? null;
      const other = position.find(([c, p]) => c !== character && p >= 0.01);
      const differs = comparable && target[at] !== character;
      const state = differs ? "differs" : probability !== null && probability < SURE ? "unsure" : "sure";
      return h(
        "li",
        { class: `lattice-cell lattice-${state}` },
        h("span", { class: "lattice-character", translate: "no" }, character),
        h("span", { class: "lattice-probability" }, probability === null ? t("none") : percent(probability)),
        h("span", { class: "lattice-other", translate: "no" }, other ? `${other[0] || "–"} ${percent(other[1])}` : " "),
        differs && h("span", { class: "lattice-wanted" }, t("lattice.wanted", { character: target[at] })),
      );
    }),
  );
}
