"""Reads a workbook's first sheet in a process of its own. The only module that knows calamine.

Who hands a workbook in says how large it is: five kilobytes can ask for all columns of all rows, which would
end the process that reads it. So it is read where memory and time are bounded. As a program this file writes
the number of rows, each row and a last `null`, a line of JSON each.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, NoReturn, TextIO

#: What reading a workbook may take: a sheet's million rows of nine columns take a third of it.
MEMORY_BYTES = 4 << 30
CPU_SECONDS = 300
#: Characters of one row at most.
_LONGEST = 1 << 20
#: The program's exit code where the file is no workbook.
_NONE = 3


class UnreadableWorkbook(Exception):
    """It can't be read; says what was expected and what came."""


class Sheet:
    """The first sheet of a workbook, to be read once, and closed."""

    def __init__(self, path: Path) -> None:
        """Raises:
        UnreadableWorkbook: it is no workbook, or asks for more memory or time than it is given.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        self._lines: IO[str] = self._process.stdout
        self.height = int(self._next())

    def rows(self) -> Iterator[Sequence[object]]:
        """Raises:
        UnreadableWorkbook: it breaks off.
        """
        while (cells := json.loads(self._next())) is not None:
            yield [_value(cell) for cell in cells]

    def close(self) -> None:
        """Wherever the reading stands; idempotent."""
        self._process.kill()
        self._process.communicate()

    def _next(self) -> str:
        line = self._lines.readline(_LONGEST)
        return line if line.endswith("\n") else self._broken()

    def _broken(self) -> NoReturn:
        try:
            _, why = self._process.communicate(timeout=CPU_SECONDS)
        finally:
            self._process.kill()
        if self._process.returncode == _NONE:
            raise UnreadableWorkbook(
                f"expected a workbook with a sheet, got something else: {why.strip()[:200]}"
            )
        raise UnreadableWorkbook(
            f"expected a workbook that takes at most {MEMORY_BYTES >> 30} GiB to read, got one that takes more"
        )


def _value(cell: object) -> object:
    if not isinstance(cell, dict):
        return cell
    ((kind, text),) = cell.items()
    return datetime.fromisoformat(text) if kind == "moment" else date.fromisoformat(text)


def _told(cell: object) -> object:
    """Of what JSON has no word for."""
    if isinstance(cell, datetime):
        return {"moment": cell.isoformat()}
    return {"day": cell.isoformat()} if isinstance(cell, date) else str(cell)


def main(path: str, out: TextIO) -> int:
    """The program. It dies where the memory or the time that it gives itself are not enough."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Here, so that who only starts the program need not have it in memory.
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, OSError, IndexError, ValueError) as error:
        sys.stderr.write(str(error))
        return _NONE
    out.write(f"{sheet.total_height}\n")
    for cells in sheet.iter_rows():
        out.write(json.dumps(cells, default=_told, ensure_ascii=False, separators=(",", ":")) + "\n")
    out.write("null\n")
    return 0


if __name__ == "__main__":
    with open(1, "w", encoding="utf-8", closefd=False) as out:
        code = main(sys.argv[1], out)
    sys.exit(code)
