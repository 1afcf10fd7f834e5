"""A PostgreSQL server for tests: the one that BUKONG_POSTGRES names, or our own from Debian's package."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from central.records.migrate import migrate
from central.records.postgresql import PostgresqlDatabase

#: A URL like postgresql://user:password@host/postgres, of somebody who may create databases.
GIVEN = "BUKONG_POSTGRES"
_START_S = 30.0


def programs() -> Path:
    """The folder of initdb and postgres; skips the test where there is none, and fails it under CI."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    missing = f"PostgreSQL's initdb (Debian: postgresql), or a server's URL in {GIVEN}, must be there"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


class OwnServer:
    """A server on a socket in a folder of its own, with Debian's settings: what is committed is on the disk."""

    def __init__(self) -> None:
        self._programs = programs()
        # Not below pytest's folder: the server refuses to run as root, and who it runs as must get in.
        self._folder = Path(tempfile.mkdtemp(prefix="bukong-pg-"))
        self._user: str | None = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self._user = "postgres" if "postgres" in names else "nobody"
            shutil.chown(self._folder, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        # Sorted as people do, not by bytes: no test may hang on the collation.
        self._run(
            "initdb", "--pgdata", f"{self._folder}/data", "--username=tests", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=und",
        )  # fmt: skip
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"postgresql://tests@/postgres?host={self._folder}"

    def start(self) -> None:
        """Returns once the server answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._programs / "postgres"), "-D", f"{self._folder}/data", "-k", str(self._folder),
                    "-c", "listen_addresses=",
                ],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )  # fmt: skip
        deadline = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.02)
            else:
                return

    def crash(self) -> None:
        """Every process of it gone at once, nothing flushed; what was committed must come back by the log."""
        self._stop(signal.SIGQUIT)

    def kill(self) -> None:
        """kill -9 of its first process; the others end when they find it gone."""
        self._stop(signal.SIGKILL)

    def close(self) -> None:
        self._stop(signal.SIGINT)
        shutil.rmtree(self._folder)

    def _stop(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_START_S)
            self._process = None

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


class Databases:
    """Databases of a server, each as new as a first start finds it: copies of one that was migrated."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: list[str] = []
        self._template = self.empty()
        database = PostgresqlDatabase(self._template)
        with database.write() as tx:
            migrate(tx.connection)
        database.close()

    def new(self) -> str:
        """Its URL."""
        return self._create(f"TEMPLATE {make_url(self._template).database}")

    def empty(self) -> str:
        """The URL of one without any table."""
        return self._create()

    def drop(self, url: str) -> None:
        name = make_url(url).database
        assert name in self._made
        self._made.remove(name)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        for name in self._made:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, how: str = "") -> str:
        name = f"bukong_test_{uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} {how}")
        self._made.append(name)
        return make_url(self._url).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())
