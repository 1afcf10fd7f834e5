"""Logs: one line each on standard error, secrets hidden, libraries included."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from proto.logs import SECRET_KEYS, configure_logging


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    named = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    configured = structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in named.items():
        logging.getLogger(name).setLevel(before)
    structlog.configure(**configured)


def test_a_line_is_one_json_object_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    structlog.get_logger("part").info("车辆通过", plate="川C12345")
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    found = json.loads(line)
    assert (found["event"], found["plate"], found["level"]) == ("车辆通过", "川C12345", "info")
    assert found["timestamp"].endswith("Z")
    assert "车辆通过" in line  # as it is, not escaped: people search logs


def test_the_standard_librarys_records_come_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    try:
        raise OSError("no disk")
    except OSError:
        logging.getLogger("library").exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert (found["event"], found["level"]) == ("failed", "error")
    assert "OSError: no disk" in found["exception"]


@pytest.mark.parametrize("key", [*sorted(SECRET_KEYS), "Password"])
def test_secrets_are_hidden(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="debug")
    structlog.get_logger().debug("event", **{key: "s3cr3t"})
    err = capsys.readouterr().err
    assert "s3cr3t" not in err
    assert json.loads(err)[key] == "(hidden)"


def test_less_severe_ones_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="warning")
    structlog.get_logger().info("quiet")
    logging.getLogger("library").info("quiet")
    structlog.get_logger().warning("loud")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]


def test_requests_of_the_http_client_are_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="debug")
    logging.getLogger("httpx").info("HTTP Request: PUT …")
    logging.getLogger("httpx").warning("trouble")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["trouble"]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(json_lines=False)
    structlog.get_logger().info("event", key="value")
    err = capsys.readouterr().err
    assert "event" in err
    assert "key=value" in err
    assert not err.startswith("{")


def test_configuring_again_replaces_and_does_not_double(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    configure_logging()
    structlog.get_logger().info("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a log level of debug, info, warning, error, got 'loud'"):
        configure_logging(level="loud")
