// A plate drawn as text on its own ground: what the reader read, never a picture of it.

import { h } from "../dom.js";
import { termText } from "../language.js";

const PROVINCE = /^\p{Script=Han}$/u;

/** "川C12345" → ["川C", "12345"], as it is printed; texts without a province have no dot. */
function halves(text) {
  return text.length >= 6 && PROVINCE.test(text[0]) && /^[A-Z]$/.test(text[1]) ? [text.slice(0, 2), text.slice(2)] : [text];
}

/** The ground that a class has where no colour was read. */
function ground({ colour, plate_class: plateClass }) {
  if (colour && colour !== "unknown") return colour;
  const usual = {
    small_car: "blue", large_vehicle: "yellow", small_new_energy: "green", large_new_energy: "yellow_green",
    trailer: "yellow", training: "yellow", police: "white", hong_kong: "black", macao: "black", embassy: "black",
    consulate: "black", motorcycle: "yellow", moped: "blue", armed_police: "white", army: "white", emergency: "white",
    tractor: "green",
  };
  return usual[plateClass] ?? "unknown";
}

/** `size`: small, medium, huge. `plate`: {text, colour, plate_class}. */
export function plateChip(plate, size = "small") {
  const [head, tail] = halves(plate.text);
  const colour = ground(plate);
  return h(
    "span",
    { class: `plate plate-${size} plate-${colour}`, translate: "no", title: termText("colour", plate.colour), "data-plate": plate.text },
    h("span", { class: "plate-text" }, head, tail && h("span", { class: "plate-dot", "aria-hidden": "true" }, "·"), tail),
  );
}

/** An order's plate in the shape that a chip wants; on neutral ground where the order takes any colour. */
export function orderPlate({ plate, colour, plate_class }) {
  return { text: plate, colour, plate_class };
}
