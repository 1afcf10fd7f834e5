"""Hotlists as files: CSV (UTF-8 or GB18030, comma, semicolon or tab) and XLSX, read and written line by line.

The first line names the columns, in Chinese or English; only the plate must be among them.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import IO, TypeVar

from central.hotlist import Row
from central.sheet_file import write_sheet
from central.workbook import Sheet, UnreadableWorkbook
from proto.plate import RULES, PlateClass, PlateColour, PlateError, patterns, validate

#: Column → what a file may call it.
COLUMNS: dict[str, tuple[str, ...]] = {
    "plate": ("plate", "号牌号码", "车牌号", "车牌号码", "号牌"),
    "plate_class": ("plate_class", "号牌种类"),
    "colour": ("colour", "color", "号牌颜色", "车牌颜色"),
    "priority": ("priority", "级别", "优先级"),
    "reason": ("reason", "布控原因", "原因"),
    "case_number": ("case_number", "案件编号"),
    "danger_note": ("danger_note", "危险提示"),
    "instructions": ("instructions", "处置要求"),
    "valid_until": ("valid_until", "有效期至", "截止日期"),
}
_NAMED = {name: column for column, names in COLUMNS.items() for name in names}
_WRITTEN = re.compile("|".join("".join(f"[{alphabet}]" for alphabet in each) for each, _ in patterns()))
_CLASSES: dict[str, PlateClass] = {c.value: c for c in PlateClass} | {
    rule.type_code: rule.plate_class for rule in reversed(RULES)
}
_COLOURS: dict[str, PlateColour] = {c.value: c for c in PlateColour} | {
    "蓝": PlateColour.BLUE, "蓝色": PlateColour.BLUE, "黄": PlateColour.YELLOW, "黄色": PlateColour.YELLOW,
    "绿": PlateColour.GREEN, "绿色": PlateColour.GREEN, "渐变绿": PlateColour.GREEN,
    "黄绿": PlateColour.YELLOW_GREEN, "黄绿双拼": PlateColour.YELLOW_GREEN, "白": PlateColour.WHITE,
    "白色": PlateColour.WHITE, "黑": PlateColour.BLACK, "黑色": PlateColour.BLACK,
}  # fmt: skip
MAX_TEXT = 500
#: What a sheet of a workbook holds at most, the head included.
MAX_SHEET = 1_048_576
#: Where a day without a time ends: lists are made in China.
_CHINA = timezone(timedelta(hours=8))
_DELIMITERS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class UnreadableFile(Exception):
    """No hotlist can be read from the file; says what was expected and what came."""


_Choice = TypeVar("_Choice")
#: A line's number in the file and what it says, by column; or what is wrong with it.
Line = tuple[int, Row | str]


class HotlistFile:
    """A file to be read once.

    Raises UnreadableFile where it is no table or has no column of plates.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        """`name`: as it was handed in; its ending says which kind it is."""
        if name.lower().endswith((".xlsx", ".xlsm", ".xlsb", ".ods")):
            rows, self._read = _workbook(path)
        else:
            rows, self._read = _csv(path)
        self._rows = rows
        try:
            _, head = next(self._rows, (0, ()))
        except UnreadableWorkbook as error:
            raise UnreadableFile(str(error)) from error
        except (UnicodeError, csv.Error) as error:
            raise UnreadableFile(f"expected text in UTF-8 or GB18030, got something else: {error}") from error
        names = [str(cell).strip() for cell in head]
        self._columns = [_NAMED.get(name.lower()) for name in names]
        if "plate" not in self._columns:
            expected = " or ".join(COLUMNS["plate"][:2])
            raise UnreadableFile(f"expected a column {expected}, got {', '.join(names)[:200]}")
        self.ignored_columns = tuple(n for n, c in zip(names, self._columns, strict=True) if n and c is None)

    @property
    def progress(self) -> float:
        """How much of it was read, 0 to 1."""
        return min(1.0, self._read())

    def lines(self) -> Iterator[Line]:
        """Every line that is not empty.

        Raises:
            UnreadableFile: the file breaks off within a line.
        """
        places = [(at, column) for at, column in enumerate(self._columns) if column is not None]
        try:
            for number, cells in self._rows:
                if not any(cells):
                    continue
                given = {column: cells[at] for at, column in places if at < len(cells)}
                try:
                    yield number, row_of(given)
                except ValueError as error:
                    yield number, str(error)
        except (UnicodeError, csv.Error) as error:
            raise UnreadableFile(f"expected text in UTF-8 or GB18030, got something else: {error}") from error
        except UnreadableWorkbook as error:
            raise UnreadableFile(str(error)) from error


def row_of(given: dict[str, object]) -> Row:
    """Raises:
    ValueError: a cell makes no sense; says which, what was expected and what came.
    """
    text = {column: str(cell).strip() for column, cell in given.items() if column != "valid_until"}
    plate = text.get("plate", "")
    if not plate:
        raise PlateError("expected a plate, got none")
    # Most are written as the grammar writes them; a million take a minute the long way.
    found = plate if _WRITTEN.fullmatch(plate) else validate(plate).text
    for column in ("reason", "case_number", "danger_note", "instructions"):
        if len(text.get(column, "")) > (128 if column == "case_number" else MAX_TEXT):
            raise ValueError(f"expected a {column} of at most {MAX_TEXT} characters, got {len(text[column])}")
    priority = text.get("priority", "").removesuffix(".0")
    if priority not in ("", "1", "2", "3", "4"):
        raise ValueError(f"expected a priority from 1 to 4, got {priority[:20]!r}")
    return Row(
        plate=found,
        plate_class=_chosen("plate_class", _CLASSES, text.get("plate_class", "").removesuffix(".0").zfill(2)),
        colour=_chosen("colour", _COLOURS, text.get("colour", "")),
        priority=int(priority) if priority else None,
        reason=text.get("reason", ""),
        case_number=text.get("case_number", ""),
        danger_note=text.get("danger_note", ""),
        instructions=text.get("instructions", ""),
        valid_until=_moment(given.get("valid_until", "")),
    )


def _chosen(column: str, choices: dict[str, _Choice], text: str) -> _Choice | None:
    if text in ("", "00"):
        return None
    found = choices.get(text.lower())
    if found is None:
        raise ValueError(f"expected a {column} that there is, got {text[:20]!r}")
    return found


def _moment(cell: object) -> datetime | None:
    """A day holds to its end, in China; a time without a zone is China's. None: as long as the list, which the
    last year that there is stands for too."""
    if isinstance(cell, date) and cell.year == MAXYEAR:
        return None
    if isinstance(cell, datetime):
        found = cell
    elif isinstance(cell, date):
        found = datetime.combine(cell, time()) + timedelta(days=1)
    else:
        text = str(cell).strip().replace("/", "-")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"expected a date like 2026-12-31, got {text[:30]!r}") from None
        if found.year == MAXYEAR:
            return None
        if len(text) <= 10:
            found += timedelta(days=1)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=_CHINA)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"expected a date like 2026-12-31, got {found.isoformat()}") from None


#: Cells of each line with its number, and how much of the file was read.
_Table = tuple[Iterator[tuple[int, Sequence[object]]], Callable[[], float]]


def _csv(path: Path) -> _Table:
    size = max(1, path.stat().st_size)
    raw = path.open("rb")
    file = io.TextIOWrapper(raw, encoding=_encoding(path), newline="")
    read = 0.0

    def rows() -> Iterator[tuple[int, Sequence[object]]]:
        nonlocal read
        with file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            reader = csv.reader(itertools.chain([first], file), delimiter=delimiter)
            for cells in reader:
                if reader.line_num % 1000 == 0:
                    read = raw.tell() / size
                yield reader.line_num, cells
            read = 1.0

    return rows(), lambda: read


def _encoding(path: Path) -> str:
    """UTF-8, with a mark or without, if all of it is; else GB18030, which Excel writes in China."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _workbook(path: Path) -> _Table:
    try:
        sheet = Sheet(path)
    except UnreadableWorkbook as error:
        raise UnreadableFile(str(error)) from error
    total = max(1, sheet.height)
    done = 0

    def rows() -> Iterator[tuple[int, Sequence[object]]]:
        nonlocal done
        with closing(sheet):
            for cells in sheet.rows():
                done += 1
                yield done, cells

    return rows(), lambda: done / total


def write_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """In pieces; with a mark, so that spreadsheets know that it is UTF-8."""

    class _Pieces:
        def __init__(self) -> None:
            self.piece: list[str] = []

        def write(self, text: str) -> None:
            self.piece.append(text)

    pieces = _Pieces()
    writer = csv.writer(pieces)
    writer.writerow([names[1] if len(names) > 1 else names[0] for names in COLUMNS.values()])
    yield codecs.BOM_UTF8
    for number, row in enumerate(rows, start=1):
        writer.writerow([_harmless(cell) for cell in _cells(row)])
        if number % 1000 == 0:
            yield "".join(pieces.piece).encode()
            pieces.piece.clear()
    yield "".join(pieces.piece).encode()


def write_xlsx(rows: Iterable[Row], file: IO[bytes]) -> int:
    """Returns how many rows were written.

    Raises:
        UnreadableFile: there are more than a sheet holds.
    """
    return write_sheet(file, [names[1] for names in COLUMNS.values()], map(_cells, _that_fit(rows)))


def _that_fit(rows: Iterable[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number >= MAX_SHEET:
            raise UnreadableFile(
                f"expected at most {MAX_SHEET - 1} rows for a workbook, got more: export as CSV"
            )
        yield row


def _cells(row: Row) -> list[str]:
    return [
        row.plate,
        row.plate_class or "",
        row.colour or "",
        "" if row.priority is None else str(row.priority),
        row.reason,
        row.case_number,
        row.danger_note,
        row.instructions,
        "" if row.valid_until is None else row.valid_until.isoformat(),
    ]


def _harmless(cell: str) -> str:
    """A spreadsheet takes what begins so for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
