"""Logs as structured lines on standard error; standard output is for results."""

from __future__ import annotations

import logging
import sys

import structlog

LEVELS = ("debug", "info", "warning", "error")
#: Never written, whatever the level: values under these keys are replaced.
SECRET_KEYS = frozenset({"password", "token", "secret", "authorization", "cookie", "set-cookie", "csrf"})

#: Libraries that log every request at level info.
_CHATTY = ("httpx", "httpcore")


def _hide_secrets(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    for key in event:
        if key.lower() in SECRET_KEYS:
            event[key] = "(hidden)"
    return event


def configure_logging(*, level: str = "info", json_lines: bool = True) -> None:
    """Send structlog's and the standard library's records to standard error as one line each.

    Raises:
        ValueError: `level` is none of `LEVELS`.
    """
    if level not in LEVELS:
        raise ValueError(f"expected a log level of {', '.join(LEVELS)}, got {level!r}")
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _hide_secrets,
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                last,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
