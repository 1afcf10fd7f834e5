"""A curve and points as an SVG picture, drawn by hand: false alerts on a logarithmic axis, recall upwards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

_W, _H, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 440, 70, 30, 50, 60
_NAMES = {
    "exact": "exact",
    "edit1": "edit distance 1",
    "fold": "confusable folding",
    "bukong": "bukong, as set",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """(false alerts a million passages, recall)."""

    title: str
    line: Sequence[tuple[float, float]]
    points: Mapping[str, tuple[float, float]]


def write_svg(path: Path, curve: Curve) -> None:
    """Draw it; a rate of 0 stands at the left edge."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_svg(curve), encoding="utf-8")


def _svg(curve: Curve) -> str:
    everything = [*curve.line, *curve.points.values()]
    most = max(f for f, _ in everything)
    decades = max(1, math.ceil(math.log10(max(most, 10))))
    low = math.floor(min(r for _, r in everything) * 500) / 500

    def x(false: float) -> float:
        at = max(0.0, math.log10(max(false, 0.1)) + 1) / (decades + 1)
        return _LEFT + at * (_W - _LEFT - _RIGHT)

    def y(recall: float) -> float:
        return _H - _BOTTOM - (recall - low) / (1 - low) * (_H - _TOP - _BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_W} {_H}"',
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{_W}" height="{_H}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="28" font-size="16">{escape(curve.title)}</text>',
    ]
    for decade in range(-1, decades + 1):
        at = x(10.0**decade)
        label = "0" if decade == -1 else f"{10**decade:,}"
        parts.append(f'<path d="M{at:.1f} {_TOP}V{_H - _BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{_H - _BOTTOM + 18}" text-anchor="middle">{label}</text>')
    for step in range(6):
        recall = low + (1 - low) * step / 5
        parts.append(f'<path d="M{_LEFT} {y(recall):.1f}H{_W - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(recall) + 4:.1f}" text-anchor="end">{recall:.2%}</text>')
    parts.append(
        f'<text x="{_W / 2}" y="{_H - 14}" text-anchor="middle">false alerts a million passages</text>'
    )
    track = " ".join(f"{x(f):.1f},{y(r):.1f}" for f, r in curve.line)
    parts.append(f'<polyline points="{track}" fill="none" stroke="#0a5" stroke-width="2.5"/>')
    for name, (false, recall) in curve.points.items():
        colour = "#0a5" if name == "bukong" else "#b30"
        parts.append(f'<circle cx="{x(false):.1f}" cy="{y(recall):.1f}" r="5" fill="{colour}"/>')
        end = x(false) > _W * 0.75
        parts.append(
            f'<text x="{x(false) + (-9 if end else 9):.1f}" y="{y(recall) + 16:.1f}" '
            f'text-anchor="{"end" if end else "start"}" fill="{colour}">{_NAMES.get(name, name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
