// The form of an analysis is made from what the server tells of its wishes.
import { describe, expect, it } from "vitest";
import type { AnalysisKind } from "../src/api/types";
import { fieldsOf, wishesFor, written } from "../src/pages/analyses/wishes";

function kind(properties: Record<string, unknown>, required: string[] = []): AnalysisKind {
  return {
    kind: "some",
    question: "?",
    longest_days: 7,
    most_findings: 10,
    wishes: { properties, required },
    columns: {},
  };
}

const COLLISION = kind(
  {
    areas: { type: "array", items: { $ref: "#/$defs/CollisionArea" } },
    at_least: { anyOf: [{ type: "integer" }, { type: "null" }], default: null },
  },
  ["areas"],
);
const STOPOVER = kind(
  {
    begins: { type: "string" },
    minutes: { type: "number", default: 10 },
    since: { type: "string", format: "date-time" },
    plate: { type: "string" },
    checkpoints: { type: "array", items: { type: "string" } },
    word: { type: "string" },
  },
  ["begins"],
);

describe("wishes", () => {
  it("have a field each, by what they are", () => {
    expect(fieldsOf(COLLISION)).toEqual([
      { name: "areas", shape: "areas", required: true, usual: "" },
      { name: "at_least", shape: "integer", required: false, usual: "" },
    ]);
    expect(fieldsOf(STOPOVER).map(({ shape }) => shape)).toEqual([
      "checkpoint",
      "number",
      "moment",
      "plate",
      "checkpoints",
      "text",
    ]);
  });

  it("of night are hours, not checkpoints", () => {
    const night = kind({ begins: { type: "integer", default: 23 } });
    expect(fieldsOf(night)[0]).toMatchObject({ shape: "integer", usual: "23" });
  });

  it("begin with the usual, and leave out what is empty", () => {
    const fields = fieldsOf(STOPOVER);
    const begun = wishesFor(fields);
    expect(begun).toMatchObject({ begins: "", minutes: "10", checkpoints: [] });
    expect(written(fields, { ...begun, begins: "cp-1" })).toEqual({
      begins: "cp-1",
      minutes: 10,
      checkpoints: [],
    });
  });

  it("come back as they were asked", () => {
    const areas = [{ checkpoints: ["cp-1"], since: null, until: null, excluded: true }];
    const fields = fieldsOf(COLLISION);
    expect(written(fields, wishesFor(fields, { areas, at_least: 2 }))).toEqual({ areas, at_least: 2 });
  });

  it("of a collision begin with two areas to be filled in", () => {
    expect(wishesFor(fieldsOf(COLLISION)).areas).toHaveLength(2);
  });
});
