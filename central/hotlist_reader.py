"""Reads hotlist files that were handed in, beside everything else that goes on."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import structlog

from central.hotlist import IllegalImport, Import
from central.hotlist_file import HotlistFile, UnreadableFile
from central.ports import StoreUnavailable
from central.records.port import HotlistBook

_log = structlog.get_logger(__name__)


def file_of(folder: Path, found: Import) -> Path:
    """Where the file of an import lies until it was read."""
    return folder / f"{found.hotlist_id}-{found.number}"


def read_import(book: HotlistBook, found: Import, path: Path, *, name: str) -> Import:
    """Read a file to the end: the import with what it would change, or that it can't be read.

    Raises:
        StoreUnavailable: the records are away; call again.
        IllegalImport: it was read already.

    A file that breaks the reading in a way that nobody thought of has failed as well: begun anew it would hold
    up all that wait behind it, for ever.
    """
    try:
        file = HotlistFile(path, name=name)
        return book.read(
            found.hotlist_id,
            found.number,
            file.lines(),
            ignored_columns=file.ignored_columns,
            progress=lambda: file.progress,
        )
    except UnreadableFile as error:
        return book.fail(found.hotlist_id, found.number, str(error))
    except (StoreUnavailable, IllegalImport):
        raise
    except Exception as error:  # noqa: BLE001 - see above
        _log.exception("hotlist not read", hotlist=found.hotlist_id, number=found.number)
        return book.fail(
            found.hotlist_id, found.number, f"the centre failed to read it: {type(error).__name__}"
        )


class HotlistReader:
    """A part. One round:

    1. if a file is being read, see whether it is done, and wait for it a moment
    2. else look for an import that waits and whose file is on this machine, and begin to read it on a thread
    3. a file that was read goes

    A reading that broke off is begun anew: what it had prepared is taken out first. So two processes of a
    machine must never read the same file at once, and the file's lock sees to it.
    """

    def __init__(self, book: HotlistBook, folder: Path, *, wait: Callable[[float], object]) -> None:
        """`wait` blocks for that many seconds or until the centre stops."""
        self._book = book
        self._folder = folder
        self._wait = wait
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hotlist")
        self._reading: tuple[BinaryIO, Path, Future[Import]] | None = None

    def step(self) -> None:
        # 1 see whether it is done
        if self._reading is not None:
            ours, path, reading = self._reading
            if not reading.done():
                self._wait(0.2)
                return
            self._reading = None
            with ours:
                try:
                    done = reading.result()
                    _log.info("hotlist read", hotlist=done.hotlist_id, number=done.number, state=done.state)
                except IllegalImport as error:  # taken back meanwhile
                    _log.info("hotlist not wanted any more", why=str(error))
                # 3 the file goes
                path.unlink(missing_ok=True)
            return
        # 2 begin
        for found in self._book.waiting():
            path = file_of(self._folder, found)
            file = _taken(path)
            if file is not None:
                reading = self._pool.submit(read_import, self._book, found, path, name=found.file_name)
                self._reading = (file, path, reading)
                return
        self._wait(0.5)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._reading is not None:
            self._reading[0].close()


def _taken(path: Path) -> BinaryIO | None:
    """The file, ours to read until it is closed; None where it is not on this machine or another process's."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
