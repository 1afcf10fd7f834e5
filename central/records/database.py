"""What every engine under the records shares: transactions, and how its failures are named.

`central.records.sqlite` and `central.records.postgresql` hold what is an engine's own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Table, insert
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from central.ports import StoreUnavailable
from central.records.port import Unstorable

#: How long a writer waits for another one, and anybody for a connection.
BUSY_TIMEOUT_S = 10.0


class Transaction:
    """A writing transaction; what is registered with `after_commit` runs once it is durable, in order."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._after: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        self._after.append(callback)

    def committed(self) -> None:
        for callback in self._after:
            callback()


class Database(ABC):
    """One database; every method may be called from several threads.

    An engine makes `reading` and `writing` (the same pool, under different options) so that a transaction of
    `reading` sees one state of the database throughout, and one of `writing` begins only when no other of any
    process is under way and sees all that those before it committed. So what writers number – live events,
    entries of the audit trail – is numbered in the order of commits.
    """

    #: What the driver raises where the database can't be had.
    unavailable: tuple[type[Exception], ...]

    def __init__(self, *, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the records.

        Raises:
            StoreUnavailable: the database can't be reached or read.
        """
        with self._translated(), self._reading.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """One transaction, alone; durable at the end of the block, undone where the block raises.

        Raises:
            StoreUnavailable: the lock could not be had in time, the disk is full, the database can't be reached
                or written. Where a connection breaks while it commits, it may be written even so.
        """
        with self._translated(), self._writing.connect() as connection, connection.begin():
            transaction = Transaction(connection)
            yield transaction
        transaction.committed()
        self._wake()

    def insert_rows(
        self, tx: Transaction, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Many rows at once, as fast as the engine takes them."""
        if rows:
            tx.connection.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in rows])

    @abstractmethod
    def wait(self, until: Callable[[], bool], *, timeout_s: float) -> bool:
        """Block until the condition holds or time is up; it is asked again after every commit, whoever's.

        Raises:
            StoreUnavailable: the database can't be reached or read.
        """

    @abstractmethod
    def scrub(self) -> None:
        """Let nothing of what was deleted be left in files that this program may write to.

        Raises:
            StoreUnavailable: the database can't be reached or written.
        """

    def close(self) -> None:
        self._writing.dispose()

    @abstractmethod
    def _wake(self) -> None:
        """Called after each commit of this process."""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if isinstance(error, DataError):
                raise Unstorable(f"expected texts that the records can hold: {error.orig}") from error
            if not isinstance(error.orig, self.unavailable):
                raise
            raise _unavailable(error.orig) from error
        except PoolTimeout as error:
            raise _unavailable(error) from error
        except self.unavailable as error:
            raise _unavailable(error) from error


def _unavailable(reason: Exception) -> StoreUnavailable:
    return StoreUnavailable(f"the records can't be read or written: {reason}")
