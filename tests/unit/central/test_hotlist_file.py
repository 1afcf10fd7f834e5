"""Hotlists as files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.hotlist import Row
from central.hotlist_file import HotlistFile, UnreadableFile, write_csv, write_xlsx
from proto.plate import PlateClass, PlateColour
from tests.unit.central.plates import plates

HEAD = "号牌号码,号牌种类,号牌颜色,级别,布控原因,有效期至,备注"


def read(path: Path, name: str = "list.csv") -> list[tuple[int, Row | str]]:
    return list(HotlistFile(path, name=name).lines())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str, ending: str) -> None:
    path = tmp_path / "f"
    lines = [HEAD, "川c·1234o,02,蓝,1,盗抢机动车,2026-12-31,x", "", "川A12345,,,,,,"]
    path.write_bytes(ending.join(lines).replace(",", delimiter).encode(encoding))
    file = HotlistFile(path, name="list.csv")
    first, second = file.lines()
    assert first == (
        2,
        Row(
            plate="川C12340",
            plate_class=PlateClass.SMALL_CAR,
            colour=PlateColour.BLUE,
            priority=1,
            reason="盗抢机动车",
            valid_until=datetime(2026, 12, 31, 16, tzinfo=UTC),  # the day's end, in China
        ),
    )
    assert second == (4, Row(plate="川A12345"))
    assert (file.ignored_columns, file.progress) == (("备注",), 1.0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (",02", "expected a plate, got none"),
        ("川C1234", "expected a plate of 7 to 9 characters"),
        ("川C12345,77", "expected a plate_class that there is, got '77'"),
        ("川C12345,,紫", "expected a colour that there is"),
        ("川C12345,,,5", "expected a priority from 1 to 4, got '5'"),
        ("川C12345,,,," + "长" * 501, "expected a reason of at most 500 characters, got 501"),
        ("川C12345,,,,,tomorrow", "expected a date like 2026-12-31, got 'tomorrow'"),
    ],
)
def test_a_bad_line_is_told_by_its_number_while_the_rest_goes_on(
    tmp_path: Path, line: str, message: str
) -> None:
    path = tmp_path / "f"
    path.write_text("\n".join([HEAD, "川A12345", line, "川A12346"]))
    lines = read(path)
    assert [number for number, _ in lines] == [2, 3, 4]
    assert message in str(lines[1][1])
    assert lines[2] == (4, Row(plate="川A12346"))


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "f.csv", "expected a column plate or"),
        (b"name,age\n", "f.csv", "got name, age"),
        (b"\xff\xff\xff\n", "f.csv", "expected text in UTF-8 or GB18030"),
        (b"no workbook", "f.xlsx", "expected a workbook"),
    ],
)
def test_what_is_no_list(tmp_path: Path, data: bytes, name: str, message: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=message):
        read(path, name)


def test_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["plate", "plate_class", "priority", "valid_until"])
    sheet.write_row(1, 0, ["川C12345", 2, 1])
    sheet.write_datetime(1, 3, datetime(2026, 12, 31), workbook.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
    sheet.write_row(2, 0, ["川C1"])
    workbook.close()
    (first_line, first), (second_line, second) = read(path, "List.XLSX")
    assert (first_line, second_line) == (2, 3)
    assert isinstance(first, Row)
    assert (first.plate, first.plate_class, first.priority) == ("川C12345", PlateClass.SMALL_CAR, 1)
    assert first.valid_until is not None
    assert first.valid_until.date() in (date(2026, 12, 30), date(2026, 12, 31))
    assert "expected a plate of" in str(second)


def test_a_workbook_that_asks_for_all_memory_is_refused(tmp_path: Path) -> None:
    """Five kilobytes, and a cell in the last column of the last row: whoever reads it must live on."""
    path = tmp_path / "f.xlsx"
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = workbook.add_worksheet()
    sheet.write_string(0, 0, "plate")
    sheet.write_string(1_048_575, 16_383, "x")
    workbook.close()
    assert path.stat().st_size < 10_000
    with pytest.raises(UnreadableFile, match=r"at most 4 GiB to read"):
        read(path, "f.xlsx")


@pytest.mark.parametrize("until", ["9999-12-31", "9999/12/31 23:59:59", "0001-01-01 00:00"])
def test_for_ever_is_as_long_as_the_list_and_the_first_year_no_date(tmp_path: Path, until: str) -> None:
    """Neither can be told in UTC, or a day later."""
    path = tmp_path / "f"
    path.write_text("plate,valid_until\n川A12345," + until + "\n川A12346,\n")
    (_, first), (_, second) = read(path)
    assert first == Row(plate="川A12345") if until.startswith("9") else "expected a date" in str(first)
    assert second == Row(plate="川A12346")


rows = st.builds(
    Row,
    plate=plates,
    plate_class=st.none() | st.sampled_from(PlateClass),
    colour=st.none() | st.sampled_from(PlateColour),
    priority=st.none() | st.integers(1, 4),
    reason=st.text(st.characters(codec="utf-8", categories=["L", "N"]), max_size=20),
    danger_note=st.sampled_from(["", '持刀, "小心"', "两\n行"]),
    valid_until=st.none() | st.just(datetime(2026, 12, 31, 16, tzinfo=UTC)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(st.lists(rows, max_size=8))
def test_what_is_written_is_read_again(tmp_path: Path, given_: list[Row]) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"".join(write_csv(given_)))
    assert [row for _, row in read(path)] == given_
    with (tmp_path / "f.xlsx").open("wb") as file:
        assert write_xlsx(given_, file) == len(given_)
    assert [row for _, row in read(tmp_path / "f.xlsx", "f.xlsx")] == given_


def test_a_cell_is_no_formula() -> None:
    row = Row(plate="川C12345", reason="=1+1")
    table = list(csv.reader(io.StringIO(b"".join(write_csv([row])).decode("utf-8-sig"))))
    assert table[1][4] == "'=1+1"
