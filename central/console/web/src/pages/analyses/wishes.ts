// The wishes of a kind of analysis: which fields its schema makes, what stands in them, what is sent.
import type { AnalysisKind } from "../../api/types";

export interface Area {
  checkpoints: string[];
  since: string | null;
  until: string | null;
  excluded: boolean;
}

/** How a wish is typed in. */
export type Shape = "plate" | "number" | "integer" | "moment" | "checkpoint" | "checkpoints" | "areas" | "text";

export interface WishField {
  name: string;
  shape: Shape;
  required: boolean;
  /** What it is where nobody says otherwise; empty: nothing. */
  usual: string;
}

interface Property {
  type?: string;
  format?: string;
  default?: unknown;
  items?: { $ref?: string; type?: string };
  anyOf?: { type?: string }[];
}

/** Numbers and moments are texts as they are typed. */
export type Wishes = Record<string, string | string[] | Area[]>;

function shapeOf(name: string, property: Property): Shape {
  const type = property.type ?? property.anyOf?.find((each) => each.type !== "null")?.type;
  if (type === "integer" || type === "number") return type;
  if (type === "array") return property.items?.$ref ? "areas" : "checkpoints";
  if (property.format === "date-time") return "moment";
  if (name === "begins" || name === "ends") return "checkpoint";
  return name === "plate" ? "plate" : "text";
}

export function fieldsOf(kind: AnalysisKind): WishField[] {
  const schema = kind.wishes as { properties?: Record<string, Property>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    shape: shapeOf(name, property),
    required: schema.required?.includes(name) ?? false,
    usual:
      typeof property.default === "number" || typeof property.default === "string"
        ? String(property.default)
        : "",
  }));
}

export function blankArea(): Area {
  return { checkpoints: [], since: null, until: null, excluded: false };
}

/** What the form begins with: the usual, or what was asked once. */
export function wishesFor(fields: WishField[], asked: Record<string, unknown> = {}): Wishes {
  const found: Wishes = {};
  for (const { name, shape, usual } of fields) {
    const given = asked[name];
    if (shape === "areas") found[name] = Array.isArray(given) ? (given as Area[]) : [blankArea(), blankArea()];
    else if (shape === "checkpoints") found[name] = Array.isArray(given) ? given.map(String) : [];
    else found[name] = typeof given === "string" || typeof given === "number" ? String(given) : usual;
  }
  return found;
}

/** As the server takes them; what is empty is left out, so that the server's own usual holds. */
export function written(fields: WishField[], wishes: Wishes): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, shape } of fields) {
    const value = wishes[name];
    if (value === undefined || value === "") continue;
    found[name] = shape === "number" || shape === "integer" ? Number(value) : value;
  }
  return found;
}
