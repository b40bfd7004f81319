"""How results look in a terminal: tables with colour, marks and a small trend.

Status is told by a word and a mark, never by colour alone. Column widths count Chinese characters
as two cells; `rich` does that.
"""

from __future__ import annotations

import os
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from app.documents import name_in
from app.domain.attainment import Status
from app.domain.number import shown, write_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from fractions import Fraction

    from app.domain.catalogue import Catalogue
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
_BREAK = "╎"
_SHOWN_RATIO_DIGITS = 3
_ROOM_FOR_ALL_COLUMNS = 100
_NOWHERE_NARROW = 100_000
_NARROWEST_TEXT = 10
_BETWEEN_COLUMNS = 2


def out() -> Console:
    """Return the console on standard output; without colour where it is not a terminal."""
    return _console(stderr=False)


def err() -> Console:
    """Return the console on standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # Names and notes come from outside: brackets and colons in them are no instructions to rich.
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _NOWHERE_NARROW  # a line stays a line, for grep and the like
    return console


def spark(values: Sequence[Fraction | None]) -> str:
    """Draw values as bars from the lowest to the highest; equal ones stand in the middle.

    None is a break in series: what stands on either side of the line is not to be compared.
    """
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    top = len(_BARS) - 1

    def bar(value: Fraction | None) -> str:
        if value is None:
            return _BREAK
        return _BARS[3] if low == high else _BARS[round((value - low) * top / (high - low))]

    return "".join(bar(value) for value in values)


def number(value: Fraction | None, digits: int | None = None) -> str:
    """Write a number for people: at most `digits` after the point, rounded down; - for none."""
    decimal = shown(value)
    if decimal is None:
        return "-"
    if digits is None:
        return write_number(decimal)
    whole, _, fraction = write_number(decimal).partition(".")
    short = f"{whole}.{fraction[:digits]}".rstrip("0").rstrip(".") if fraction else whole
    return "0" if short == "-0" else short


def status_text(status: Status, words: str) -> Text:
    """Return a status as mark and word, in its colour."""
    mark, style = MARKS[status]
    return Text(f"{mark} {words}", style=style)


def table(columns: Iterable[str], *, right: Iterable[str] = (), wide: Iterable[str] = ()) -> Table:
    """Return an empty table with these headings.

    right: columns of numbers. wide: columns of running text, which are folded where the terminal
    is too narrow; all others keep to one line.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns:
        made.add_column(
            heading,
            justify="right" if heading in right else "left",
            no_wrap=heading not in wide,
            overflow="fold",
        )
    return made


def print_table(console: Console, made: Table) -> None:
    """Print a table; on a terminal too narrow for it lines run over, and no figure is cut off."""
    widths = [
        max(cell_len(str(cell)) for cell in (column.header, *column.cells))
        if column.no_wrap
        else _NARROWEST_TEXT
        for column in made.columns
    ]
    console.width = max(console.width, sum(widths) + _BETWEEN_COLUMNS * (len(widths) - 1))
    console.print(made)


def print_scoreboard(
    lines: Sequence[tuple[Line, Sequence[Fraction | None]]],
    catalogue: Catalogue,
    translator: Translator,
    language: Language,
) -> None:
    """Print the scoreboard, plan by plan; each line with the figures of its last periods."""
    console = out()
    by_plan = {
        plan: list(listed)
        for plan, listed in groupby(lines, key=lambda pair: pair[0].subject.target.plan)
    }
    for place, (plan, listed) in enumerate((by_plan or {"": []}).items()):
        if place:
            console.print()
        if len(by_plan) > 1:
            of = catalogue.plans[plan]
            name = of.name_zh if language == "zh" else of.name_en
            console.print(f"{name} ({plan})", style="bold")
        print_table(console, _scoreboard_table(listed, translator, language))


def _scoreboard_table(
    lines: Sequence[tuple[Line, Sequence[Fraction | None]]],
    translator: Translator,
    language: Language,
) -> Table:

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    names, numbers = ("KPI", "department"), ("target", "actual", "ratio", "pace")
    shown_columns = ["status", *names, *numbers, "period", "trend"]
    if out().width < _ROOM_FOR_ALL_COLUMNS:
        shown_columns = [name for name in shown_columns if name not in ("pace", "trend")]
    made = table(
        [word(name) for name in shown_columns],
        right=[word(name) for name in numbers],
        wide=[word(name) for name in names],
    )
    for line, trend in lines:
        cells = _scoreboard_cells(line, trend, word, language)
        made.add_row(*(cells[name] for name in shown_columns))
    return made


def _scoreboard_cells(
    line: Line, trend: Sequence[Fraction | None], word: Callable[[str], str], language: Language
) -> dict[str, Text | str]:
    kpi, verdict = line.subject.kpi, line.verdict
    return {
        "status": status_text(verdict.status, word(verdict.status)),
        "KPI": name_in(kpi, language),
        "department": name_in(line.department, language),
        "target": str(line.subject.target.goal),
        "actual": number(verdict.actual, max(kpi.decimals, 2)),
        "ratio": number(verdict.ratio.value, _SHOWN_RATIO_DIGITS),
        "pace": number(verdict.pace.value, _SHOWN_RATIO_DIGITS),
        "period": str(verdict.period or "-"),
        "trend": spark(trend),
    }


def instant_text(instant: dt.datetime, zone: dt.tzinfo) -> str:
    """Return an instant to the minute, as clocks in `zone` show it."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def print_history(
    heading: str,
    revisions: Sequence[Mapping[str, Any]],
    translator: Translator,
    language: Language,
    zone: dt.tzinfo,
) -> None:
    """Print every revision of a figure, oldest first: from what to what, who, when and why."""

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    console = out()
    console.print(heading, style="bold")
    before = ""
    for line in revisions:
        posted = _posted(line)
        console.print(f"{word('revision')} {line['revision']}: {before}{posted}", style="bold")
        before = f"{posted} -> "
        delivery = f"{word('submission')} {line['submission']}, {word('row')} {line['row']}"
        told = [f"{instant_text(line['recorded_at'], zone)} · {line['recorded_by']} · {delivery}"]
        told += [f"{word(name)}: {line[name]}" for name in ("reason", "note") if line[name]]
        for text in told:
            console.print(Padding(text, (0, 0, 0, 2), expand=False))


def _posted(line: Mapping[str, Any]) -> str:
    """Write a figure as it was posted: its numbers, and its status if that is not normal."""
    numbers = [
        "" if line[name] is None else write_number(line[name])
        for name in ("value", "numerator", "denominator")
    ]
    fraction = " / ".join(numbers[1:]) if numbers[2] else ""
    shown_numbers = f"{numbers[0]} ({fraction})" if all((numbers[0], fraction)) else ""
    status = "" if line["observation_status"] == "A" else f" ({line['observation_status']})"
    return f"{shown_numbers or numbers[0] or fraction or '-'}{status}"


def findings_table(
    findings: Sequence[Mapping[str, Any]], translator: Translator, language: Language
) -> Table:
    """Return findings, as a receipt's document has them, with their places."""

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    headings = (word("severity"), word("row"), word("column"), word("finding"))
    made = table(headings, right=headings[1:2], wide=headings[3:])
    for finding in findings:
        style = "red" if finding["severity"] == "error" else "yellow"
        made.add_row(
            Text(word(finding["severity"]), style=style),
            "-" if finding["row"] is None else str(finding["row"]),
            finding["column"] or "-",
            finding["message"],
        )
    return made
