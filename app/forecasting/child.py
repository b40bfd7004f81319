"""The process that computes forecasts: lines of JSON come in, and one goes out for each.

It ends when its input does, and by itself when nothing has come for a while: what it has loaded is
more memory than the rest of the service.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Any, Final

from app.domain.forecast import Question
from app.forecasting.fitting import estimates

IDLE: Final = 120.0
"""Seconds without a question after which it ends."""


def main() -> None:
    """Answer until nothing more comes."""
    while select.select([sys.stdin.buffer], [], [], IDLE)[0]:
        line = sys.stdin.buffer.readline()
        if not line:
            return
        answers = [_answered(question) for question in json.loads(line)]
        sys.stdout.buffer.write(json.dumps(answers).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answered(told: list[Any]) -> list[list[float]] | str:
    """Return the estimates of a question, or what kept them from being made."""
    values, season, steps, adds_up = told
    try:
        found = estimates(Question(tuple(values), season, steps, adds_up))
    except Exception as error:  # noqa: BLE001 - one course that cannot be fitted stops no other
        return f"{type(error).__name__}: {error}"
    return [[one.value, one.lower, one.upper] for one in found]
