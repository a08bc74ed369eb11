"""The log: structlog to stderr, lines for people at a terminal, JSON for whatever collects it."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Without the values of variables: they may be passwords."""


def start_log(form: Literal["auto", "console", "json"], level: str, *, watched: bool) -> None:
    """From now on every event goes to stderr in this form; `auto` is for people where somebody watches."""
    people = form == "console" or (form == "auto" and watched)
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=watched, exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if people else [structlog.processors.ExceptionRenderer(TRACEBACK)]),
    ]
    structlog.configure(
        processors=[*shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(LEVELS[level], logging.WARNING), force=True)
