"""How results look in a terminal: tables with colour, marks and a small trend.

Status is told by a word and a mark, never by colour alone. Column widths count Chinese characters
as two cells; `rich` does that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.domain.attainment import Status
from app.domain.number import shown, write_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from app.ledger.scoreboard import Line
    from app.translation import Language, Translator

MARKS = {
    Status.NOT_STARTED: ("○", "dim"),
    Status.NO_DATA: ("·", "dim"),
    Status.ATTAINED: ("✔", "bold green"),
    Status.MISSED: ("✘", "bold red"),
    Status.ON_TRACK: ("●", "green"),
    Status.AT_RISK: ("▲", "yellow"),
    Status.OFF_TRACK: ("▼", "red"),
}
_BARS = "▁▂▃▄▅▆▇█"
_SHOWN_RATIO_DIGITS = 3


def out() -> Console:
    """Return the console on standard output; without colour where it is not a terminal."""
    return Console(highlight=False)


def err() -> Console:
    """Return the console on standard error."""
    return Console(stderr=True, highlight=False)


def spark(values: Sequence[Fraction]) -> str:
    """Draw values as bars from the lowest to the highest; equal ones stand in the middle."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return _BARS[3] * len(values)
    top = len(_BARS) - 1
    return "".join(_BARS[round((value - low) * top / (high - low))] for value in values)


def number(value: Fraction | None, digits: int | None = None) -> str:
    """Write a number for people: at most `digits` after the point, rounded down; - for none."""
    decimal = shown(value)
    if decimal is None:
        return "-"
    if digits is None:
        return write_number(decimal)
    whole, _, fraction = write_number(decimal).partition(".")
    return f"{whole}.{fraction[:digits]}".rstrip("0").rstrip(".") if fraction else whole


def status_text(status: Status, words: str) -> Text:
    """Return a status as mark and word, in its colour."""
    mark, style = MARKS[status]
    return Text(f"{mark} {words}", style=style)


def table(title: str | None, columns: Iterable[tuple[str, str]]) -> Table:
    """Return an empty table; each column is its heading and left or right."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading, side in columns:
        made.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    return made


def scoreboard_table(
    lines: Sequence[tuple[Line, Sequence[Fraction]]], translator: Translator, language: Language
) -> Table:
    """Return the scoreboard: each line with the figures of its last periods, oldest first."""

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    made = table(
        None,
        [
            (word("status"), "left"),
            (word("KPI"), "left"),
            (word("department"), "left"),
            (word("target"), "right"),
            (word("actual"), "right"),
            (word("ratio"), "right"),
            (word("pace"), "right"),
            (word("period"), "left"),
            (word("trend"), "left"),
        ],
    )
    for line, trend in lines:
        kpi, verdict = line.subject.kpi, line.verdict
        chinese = language == "zh"
        made.add_row(
            status_text(verdict.status, word(verdict.status)),
            kpi.name_zh if chinese else kpi.name_en,
            line.department.name_zh if chinese else line.department.name_en,
            str(line.subject.target.goal),
            number(verdict.actual, max(kpi.decimals, 2)),
            number(verdict.ratio.value, _SHOWN_RATIO_DIGITS),
            number(verdict.pace.value, _SHOWN_RATIO_DIGITS),
            str(verdict.period or "-"),
            spark(trend),
        )
    return made


def findings_table(
    findings: Sequence[Mapping[str, Any]], translator: Translator, language: Language
) -> Table:
    """Return findings, as a receipt's document has them, with their places."""

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    made = table(
        None,
        [
            (word("severity"), "left"),
            (word("row"), "right"),
            (word("column"), "left"),
            (word("finding"), "left"),
        ],
    )
    for finding in findings:
        style = "red" if finding["severity"] == "error" else "yellow"
        made.add_row(
            Text(word(finding["severity"]), style=style),
            "-" if finding["row"] is None else str(finding["row"]),
            finding["column"] or "-",
            finding["message"],
        )
    return made
