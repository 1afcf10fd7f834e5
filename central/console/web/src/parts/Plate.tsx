// A plate drawn as text on its own ground: what the reader read, never a picture of it.
import { useSpeech } from "../base/language";
import USUAL from "./plateGrounds.json";

const PROVINCE = /^\p{Script=Han}$/u;

/** A plate as far as a drawing needs it. */
export interface Drawn {
  text: string;
  colour?: string | null;
  plate_class?: string | null;
}

/** ["川C", "12345"], as it is printed; texts without a province have no dot. */
export function halves(text: string): [string, string] {
  const [first = "", second = ""] = [...text];
  return text.length >= 6 && PROVINCE.test(first) && /^[A-Z]$/.test(second)
    ? [text.slice(0, 2), text.slice(2)]
    : [text, ""];
}

/** The colour that was read; else the one that the class has. */
export function groundOf({ colour, plate_class: plateClass }: Drawn): string {
  if (colour && colour !== "unknown") return colour;
  return (USUAL as Partial<Record<string, string>>)[plateClass ?? ""] ?? "unknown";
}

export function PlateChip({
  plate,
  size = "small",
}: {
  plate: Drawn;
  size?: "small" | "medium" | "large" | "huge";
}) {
  const { t, word } = useSpeech();
  const [head, tail] = halves(plate.text);
  const colour = plate.colour ? (word("colour", plate.colour) ?? plate.colour) : t("none");
  return (
    <span
      className={`plate plate-${size} plate-${groundOf(plate)}`}
      translate="no"
      title={colour}
      data-plate={plate.text}
    >
      <span className="plate-text">
        {head}
        {tail && (
          <>
            <span className="plate-dot" aria-hidden="true">
              ·
            </span>
            {tail}
          </>
        )}
      </span>
    </span>
  );
}

/** An order's plate as a drawing wants it; on neutral ground where the order takes any colour. */
export function orderPlate(order: { plate: string; colour: string | null; plate_class: string | null }): Drawn {
  return { text: order.plate, colour: order.colour, plate_class: order.plate_class };
}
