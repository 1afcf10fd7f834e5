// A search as the form holds it, as the server takes it, and back again from a saved case.
import { describe, expect, it } from "vitest";
import { blank, narrowed, type Question, questionOf, wanted } from "../src/pages/track/question";

const WHY = { reason: "追查", case_number: "A-1" };
const ASKED: Question = {
  ...blank(),
  how: "pattern",
  plate: " 川C?12* ",
  since: "2026-01-01T00:00:00.000Z",
  until: "2026-01-02T00:00:00.000Z",
  classes: ["small_car"],
  checkpoints: ["cp-1"],
  lanes: ["2"],
  read: "yes",
  min_confidence: "92.5",
};

describe("a search", () => {
  it("says nothing of what nobody asked", () => {
    const asked = wanted(blank(), WHY);
    const { plate, classes, colours, checkpoints, lanes, directions, read, min_confidence } = asked;
    expect([plate, classes, colours, checkpoints, lanes, directions, read, min_confidence]).toEqual(
      Array(8).fill(null),
    );
    expect(asked.how).toBe("exact");
    expect(narrowed(blank())).toBe(0);
  });

  it("goes to the server as it takes it", () => {
    expect(wanted(ASKED, WHY)).toMatchObject({
      plate: "川C?12*",
      how: "pattern",
      classes: ["small_car"],
      lanes: [2],
      read: true,
      min_confidence: 0.925,
      max_confidence: null,
      ...WHY,
    });
    expect(narrowed(ASKED)).toBe(5);
  });

  it("comes back as it was asked", () => {
    expect(questionOf({ ...wanted(ASKED, WHY) })).toEqual({ ...ASKED, plate: "川C?12*" });
  });

  it("is the form's own where something else was saved", () => {
    const odd = { how: "guess", lanes: "all", read: "perhaps", plate: 7, since: null };
    const found = questionOf(odd, ASKED);
    expect(found).toMatchObject({ how: "exact", lanes: [], read: "", plate: "", since: ASKED.since });
  });
});
