"""The log: lines for people, or one JSON object a line."""

from __future__ import annotations

from typing import Any, Literal

from pythonjsonlogger.core import RESERVED_ATTRS

_FORMATTERS: dict[str, dict[str, Any]] = {
    "console": {
        "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
    },
    "json": {
        "()": "pythonjsonlogger.orjson.OrjsonFormatter",
        "fmt": "{asctime}{levelname}{name}{message}",
        "style": "{",
        "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        # The server sends its message a second time, in colours.
        "reserved_attrs": [*RESERVED_ATTRS, "color_message"],
        "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
    },
}


def configuration(log_format: Literal["console", "json"]) -> dict[str, Any]:
    """Return the configuration of the whole process's log, the server's lines included.

    Everything goes to standard error, so that what a command prints stays clean.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": _FORMATTERS[log_format]},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            # The server's own loggers hand their lines on to the root's handler.
            "uvicorn": {"level": "INFO", "propagate": True},
            # Says two lines whenever it looks where the database is, as every readiness check does.
            "alembic": {"level": "WARNING"},
        },
    }
