"""Why officers should stand there, in words."""

from __future__ import annotations

from datetime import timedelta

from central.flow.placement import WINDOW, Need


def reason_zh(need: Need, start: str, end: str, utc_offset: timedelta) -> str:
    """In Chinese; `start` and `end` are the checkpoints' names."""
    text = (
        f"{_clock(need, utc_offset)} {start}→{end} 预计通过 {need.vehicles:.0f} 辆，行程时间 "
        f"{need.seconds / 60:.1f} 分钟（平时 {need.usual_seconds / 60:.1f}，畅通 {need.free_seconds / 60:.1f}）"
    )
    if need.above_usual >= 0.05:
        text += f"；比平时多延误 {need.above_usual:.1f} 车·小时，异常拥堵概率 {need.probability:.0%}"
    if need.routine >= 0.05:
        text += f"；日常拥堵延误 {need.routine:.1f} 车·小时"
    return text


def reason_en(need: Need, start: str, end: str, utc_offset: timedelta) -> str:
    """In English."""
    text = (
        f"{_clock(need, utc_offset)} {start} → {end}: {need.vehicles:.0f} vehicles expected, travel time "
        f"{need.seconds / 60:.1f} min (usual {need.usual_seconds / 60:.1f}, free {need.free_seconds / 60:.1f})"
    )
    if need.above_usual >= 0.05:
        text += (
            f"; {need.above_usual:.1f} vehicle-hours of delay above the usual, "
            f"unusual congestion {need.probability:.0%} likely"
        )
    if need.routine >= 0.05:
        text += f"; {need.routine:.1f} vehicle-hours in the usual jam"
    return text


def _clock(need: Need, utc_offset: timedelta) -> str:
    begins = need.begins + utc_offset
    return f"{begins:%H:%M}–{begins + WINDOW:%H:%M}"
