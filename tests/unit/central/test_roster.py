"""Reading a roster from a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from central.roster import LineError, ShiftRequest, read_shifts

CHINA = timezone(timedelta(hours=8))


def test_columns_by_name_in_either_language_and_any_order() -> None:
    text = (
        "\ufeff班组,开始时间,结束时间,人员,辖区,梯次\n"
        "一班,2026-03-01 08:00,2026/03/01 20:00,li.jing；he.fang,east,2\n"
    )
    english = (
        "line,areas,people,ends_at,starts_at,team\r\n"
        "2,east,li.jing he.fang li.jing,2026-03-01T12:00:00Z,2026-03-01T00:00:00Z,一班\r\n"
    )
    expected = ShiftRequest(
        team="一班",
        people=("li.jing", "he.fang"),
        starts_at=datetime(2026, 3, 1, 0, tzinfo=UTC),
        ends_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        areas=frozenset({"east"}),
        line=2,
    )
    for given in (text, english):
        assert read_shifts(given, zone=CHINA) == ([(2, expected)], [])


def test_what_is_wrong_is_named_by_line_and_the_rest_is_read() -> None:
    text = (
        "team,people,starts_at,ends_at,line\n"
        "一班,a,2026-03-01 08:00,2026-03-01 20:00,1\n"
        "\n"
        "二班,b,today,2026-03-01 20:00,1\n"
        "三班,c,2026-03-01 08:00,2026-03-01 20:00,first\n"
    )
    found, errors = read_shifts(text, zone=CHINA)
    assert [line for line, _ in found] == [2]
    assert errors == [
        LineError(line=4, why="expected a time like 2026-03-01 08:00, got 'today'"),
        LineError(line=5, why="expected a number as line, got 'first'"),
    ]


@pytest.mark.parametrize("text", ["", "team,people\n一班,a\n"])
def test_columns_that_are_missing(text: str) -> None:
    found, (error,) = read_shifts(text, zone=CHINA)
    assert found == []
    assert (error.line, "missing" in error.why) == (1, True)


def test_no_more_than_a_roster_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("central.roster.MAX_LINES", 2)
    row = "一班,a,2026-03-01 08:00,2026-03-01 20:00\n"
    found, errors = read_shifts("team,people,starts_at,ends_at\n" + 3 * row, zone=CHINA)
    assert (len(found), [error.line for error in errors]) == (2, [4])
