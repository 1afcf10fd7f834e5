"""A plan's SQL as the engine runs it: over the passages of its reach, under its limits. Pure."""

from __future__ import annotations

import re

from central.investigation.plan import SEEN, Cancelled, Limits, Plan, TooMuch, TooSlow, Value
from central.store import columns

#: ClickHouse's error codes.
_CODE = re.compile(r"Code: (\d+)\b")
_RESULT, _TIME, _SLOW, _MEMORY, _CANCELLED = 396, 159, 160, 241, 394


def rendered(plan: Plan, source: str, *, tag: str) -> tuple[str, dict[str, Value]]:
    """SQL and parameters.

    Args:
        plan: what is asked.
        source: what passages are selected from, see `Layout.source`.
        tag: how the query is found again, to be ended.
    """
    reach, limits = plan.reach, plan.limits
    terms = [
        "captured_at >= fromUnixTimestamp64Micro({reach_since:Int64}, 'UTC')",
        "captured_at < fromUnixTimestamp64Micro({reach_until:Int64}, 'UTC')",
    ]
    parameters: dict[str, Value] = {
        **plan.parameters,
        "reach_since": columns.microseconds(reach.since),
        "reach_until": columns.microseconds(reach.until),
    }
    if reach.checkpoints is not None:
        terms.append("checkpoint_id IN {reach_checkpoints:Array(String)}")
        parameters["reach_checkpoints"] = sorted(reach.checkpoints)
    clipped = f"(SELECT * FROM {source} WHERE {' AND '.join(terms)})"  # noqa: S608
    sql = SEEN.sub(lambda _: clipped, plan.sql)
    settings = {
        "max_execution_time": limits.seconds,
        "max_result_rows": limits.rows,
        "max_memory_usage": limits.memory_mib << 20,
        "joined_subquery_requires_alias": 0,
    }
    if plan.by_plate:
        settings["optimize_use_projections"] = 0
    if not plan.skips:
        settings["use_skip_indexes"] = 0
    told = ", ".join(f"{name} = {value}" for name, value in settings.items())
    return f"{sql} SETTINGS {told}, result_overflow_mode = 'throw', log_comment = '{tag}'", parameters


def reason(name: str, limits: Limits, error: str, *, cancelled: bool = False) -> Exception | None:
    """What an engine's refusal means for whoever asked; None: the engine itself is the matter.

    Args:
        name: of what was asked.
        limits: that it ran under.
        error: the engine's words.
        cancelled: it was called off.
    """
    codes = {int(code) for code in _CODE.findall(error)}
    if cancelled or _CANCELLED in codes:
        return Cancelled(f"{name} was called off")
    narrower = "ask for less time, fewer checkpoints or a more exact plate"
    if _RESULT in codes:
        return TooMuch(f"{name}: expected at most {limits.rows} rows, found more: {narrower}")
    if codes & {_TIME, _SLOW}:
        return TooSlow(f"{name}: expected at most {limits.seconds:g} s, it takes longer: {narrower}")
    if _MEMORY in codes:
        return TooMuch(f"{name}: expected at most {limits.memory_mib} MiB, it takes more: {narrower}")
    return None
