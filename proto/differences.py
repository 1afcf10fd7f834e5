"""Where a read and an order's plate differ, for a person to look at. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher

from proto.passage import Difference, PlateRead


def differences(read: PlateRead, plate: str) -> tuple[Difference, ...]:
    """In the order of the plate's positions; empty where the text is the plate."""
    found: list[Difference] = []
    matcher = SequenceMatcher(None, read.text, plate, autojunk=False)
    for kind, a, a_end, b, b_end in _operations(matcher, read.text, plate):
        if kind == "equal":
            continue
        for k in range(max(a_end - a, b_end - b)):
            i, j = a + k, b + k
            was = read.text[i] if i < a_end else ""
            wanted = plate[j] if j < b_end else ""
            position = dict(read.lattice[i]) if was and i < len(read.lattice) else {}
            found.append(
                Difference(
                    position=min(j, b_end) + 1,
                    read=was,
                    ordered=wanted,
                    probability=min(1.0, position.get(wanted, 0.0)),
                )
            )
    return tuple(found)


def _operations(matcher: SequenceMatcher[str], text: str, plate: str) -> list[tuple[str, int, int, int, int]]:
    if len(text) == len(plate):  # position by position, whatever a clever alignment would make of it
        return [
            ("equal" if a == b else "replace", i, i + 1, i, i + 1)
            for i, (a, b) in enumerate(zip(text, plate, strict=True))
        ]
    return list(matcher.get_opcodes())


def in_words(found: tuple[Difference, ...], score: float) -> str:
    """One line, e.g. `4: read 8, order B (31 %)`, with the probability of the whole plate at the end."""
    parts = []
    for one in found:
        if not one.read:
            parts.append(f"{one.position}: not read, order {one.ordered}")
        elif not one.ordered:
            parts.append(f"{one.position}: read {one.read}, order has none")
        else:
            parts.append(f"{one.position}: read {one.read}, order {one.ordered} ({one.probability:.0%})")
    return f"{'; '.join(parts)}; the order's plate with {score:.0%}" if parts else ""
