"""Writes a workbook of one sheet: the only module that knows XlsxWriter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO

import xlsxwriter

Cell = str | float | int | None


def write_sheet(file: IO[bytes], headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> int:
    """Headings that stay in sight, and the rows under them, one in memory at a time; returns how many rows.

    Texts stay texts: none becomes a formula. Empty texts and None leave their cell empty. A sheet holds
    1,048,575 rows; whoever may have more counts them.
    """
    number = 0
    with xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, headings, book.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    if cell:
                        sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    return number
