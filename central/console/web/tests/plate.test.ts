import { expect, it } from "vitest";
import { groundOf, halves } from "../src/parts/Plate";
import { asTyped } from "../src/pages/orders/OrderForm";

it.each([
  ["川C12345", ["川C", "12345"]],
  ["粤ZAB12港", ["粤Z", "AB12港"]],
  ["123456使", ["123456使", ""]],
  ["WJ川1234A", ["WJ川1234A", ""]],
  ["川C", ["川C", ""]],
])("%s has its dot where it is printed", (text, parts) => {
  expect(halves(text)).toEqual(parts);
});

it("shows the colour that was read before the one that the class has", () => {
  expect(groundOf({ text: "川C12345", colour: "yellow", plate_class: "small_car" })).toBe("yellow");
  expect(groundOf({ text: "川C12345", colour: "unknown", plate_class: "small_car" })).toBe("blue");
  expect(groundOf({ text: "川C?12*" })).toBe("unknown");
});

it("previews what was typed as a plate would be written", () => {
  expect(asTyped(" 川c·１2 345")).toBe("川C12345");
});
