"""The bulletin as PDF, set by Typst: its type embedded, its charts drawn as lines.

The same bulletin gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

import app
from app.intake.turns import Turns
from app.wording.charts import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.exports.bulletin.content import Bulletin

MEDIA_TYPE: Final = "application/pdf"
ABSENT: Final = "\N{GETA MARK}"
"""What is printed for a character that the type has no shape for, as compositors do."""

_HERE: Final = Path(__file__).parent
_MOST_NAMED: Final = 40
_MOST_SAID: Final = 2000
_ENVIRONMENT: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python itself may need to start; nothing else of the service's environment is passed on."""
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from app.exports.bulletin.setting import main; main()"
)
_PATIENCE: Final = 60.0
"""Seconds; 500 targets take one."""
# Each takes a core and a hundred MB. Who waits holds one of the service's forty threads.
_TURNS: Final = Turns(at_once=2, most_waiting=8)


def write_pdf(bulletin: Bulletin) -> bytes:
    """Return a bulletin as PDF; raises Busy where too many wait for theirs already."""
    data = orjson.dumps(_Printable().document(bulletin))
    with _TURNS.turn():
        ran = subprocess.run(  # noqa: S603 - this interpreter, and a program of ours
            [sys.executable, "-I", "-c", _START, str(Path(app.__path__[0]).parent)],
            input=data,
            capture_output=True,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            timeout=_PATIENCE,
            check=False,
        )
    if ran.returncode != 0:
        said = ran.stderr.decode(errors="replace").strip()[-_MOST_SAID:]
        raise RuntimeError(f"the typesetter ended with status {ran.returncode}: {said}")
    return ran.stdout


class _Printable:
    """A bulletin as data whose characters can all be printed; remembers those that cannot."""

    def __init__(self) -> None:
        self._missing: set[str] = set()

    def document(self, bulletin: Bulletin) -> dict[str, Any]:
        """Return what the template reads."""
        data: dict[str, Any] = self._value(dataclasses.asdict(bulletin, dict_factory=_fields))
        at = bulletin.as_of.astimezone(dt.UTC)
        return {
            **data,
            "lang": bulletin.language,
            "office": data["subtitle"][0] if data["subtitle"] else "",
            # The document is as old as what it tells, so that it is the same whenever it is made.
            "date": {name: getattr(at, name) for name in _PARTS},
            "missing": self._told(bulletin) if self._missing else None,
        }

    def _value(self, value: Any) -> Any:  # noqa: ANN401 - whatever a bulletin is made of
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {name: self._value(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(one) for one in value]
        return value

    def _text(self, text: str) -> str:
        """Return a text on one line, a mark in place of what cannot be printed."""
        text = " ".join(text.split())
        absent = set(text) - _characters()
        if not absent:
            return text
        self._missing |= absent
        return "".join(ABSENT if one in absent else one for one in text)

    def _told(self, bulletin: Bulletin) -> str:
        named = sorted(self._missing)[:_MOST_NAMED]
        codes = ", ".join(f"U+{ord(one):04X}" for one in named)
        rest = " …" if len(self._missing) > _MOST_NAMED else ""
        return bulletin.words["missing_type"].format(mark=ABSENT, characters=codes + rest)


_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")


def _fields(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return fields as the template wants them: trends as points from 0 to 1, no instants."""
    found = {name: value for name, value in pairs if name != "as_of"}
    return {**found, "trend": _trend(found["trend"])} if "trend" in found else found


def _trend(spark: Any) -> dict[str, Any] | None:  # noqa: ANN401 - fields of a Spark, or none
    if spark is None:
        return None
    points = (point.split() for point in spark["path"].removeprefix("M").split("L"))
    bound = spark["bound"]
    return {
        "points": [(float(x) / WIDTH, float(y) / HEIGHT) for x, y in points],
        "bound": None if bound is None else float(bound) / HEIGHT,
    }


@cache
def _characters() -> frozenset[str]:
    return frozenset((_HERE / "fonts" / "characters.txt").read_text("utf-8")) | {" "}
