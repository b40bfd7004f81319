"""How an explanation looks in a terminal: the target, the verdict, figures, steps, departments."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from app.cli.terminal import instant_text, out, print_table, status_text, table
from app.domain.number import write_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from app.translation import Language, Translator

    Word = Callable[[str], str]
    Document = Mapping[str, Any]

_SHARE_DIGITS = 4


def print_explanation(
    document: Document, translator: Translator, language: Language, zone: dt.tzinfo
) -> None:
    """Print a verdict as a chain, from the target and the figures to what is still needed."""

    def word(msgid: str) -> str:
        return translator.translate(msgid, language)

    console = out()
    console.print(
        f"{document['kpi_name']} · {document['department_name']} · {document['target_text']}"
        f" {document['unit']} · {document['due']}",
        style="bold",
    )
    for told in _target_lines(document, word, zone):
        console.print(told, style="dim")
    status = status_text(document["status"], word(document["status"]))
    console.print(status, str(document["period"] or ""))
    _print_figures(console, document, word, zone)
    for crossing in document["crossings"]:
        console.print(f"{word('break in series')}: {crossing['note']}", style="yellow")
    console.print()
    print_table(console, _steps_table(document["steps"], word))
    if document["roll_up"] is not None:
        console.print()
        _print_roll_up(console, document["roll_up"], word)
    console.print()
    console.print(f"{word('still needed')}: {_needed(document['required'], word)}")


def _target_lines(document: Document, word: Word, zone: dt.tzinfo) -> Iterator[str]:
    """Go through what is told of the target: its source, and of a revised one since when and why.

    Nothing more is told of a target that was never revised and counts from the plan's beginning.
    """
    if document["source"]:
        yield document["source"]
    begins, before = document["target_in_force_from"], document["target_text_before"]
    if begins is not None or before is not None:
        told = [f"{word('version')} {document['target_version']}"]
        told += [f"{word('recorded')} {instant_text(document['target_recorded_at'], zone)}"]
        told += [] if begins is None else [f"{word('in force from')} {begins}"]
        told += [] if before is None else [f"{word('before')}: {before}"]
        yield " · ".join(told)
    if document["target_reason"]:
        yield f"{word('reason')}: {document['target_reason']}"


def _print_figures(console: Console, document: Document, word: Word, zone: dt.tzinfo) -> None:
    if document["figures"]:
        console.print()
        print_table(console, _figures_table(document["figures"], word, zone))
        for note in dict.fromkeys(figure["note"] for figure in document["figures"]):
            if note:
                console.print(f"{word('note')}: {note}", style="dim")
    if document["missing"]:
        console.print(f"{word('without a figure')}: {' '.join(document['missing'])}")


def _figures_table(figures: Sequence[Document], word: Word, zone: dt.tzinfo) -> Table:
    headings = ("department", "period", "figure", "revision", "submission", "recorded", "state")
    made = table([word(name) for name in headings], right=[word(name) for name in headings[2:5]])
    for figure in figures:
        made.add_row(
            figure["department"],
            str(figure["period"]),
            _result(figure["actual"]),
            str(figure["revision"]),
            str(figure["submission"]),
            instant_text(figure["recorded_at"], zone),
            word(figure["state"]),
        )
    return made


def _steps_table(steps: Sequence[Document], word: Word) -> Table:
    made = table(
        (word("value"), word("numbers"), word("rule")), wide=(word("rule"), word("numbers"))
    )
    for step in steps:
        made.add_row(word(step["name"]), _arithmetic(step, word), step["rule"])
    return made


def _arithmetic(step: Document, word: Word) -> str:
    """Write a step's numbers; whether a comparison holds is said, since it has no "= result"."""
    if isinstance(step["result"], bool):
        return f"{step['numbers']}: {word('yes') if step['result'] else word('no')}"
    return str(step["numbers"]) or word(_result(step["result"]))


def _result(result: Decimal | str | bool | None) -> str:
    if result is None:
        return "-"
    return write_number(result) if isinstance(result, Decimal) else str(result)


def _print_roll_up(console: Console, put: Document, word: Word) -> None:
    """Print what each department contributes to the gap, and whose weight is missing."""
    console.print(f"{word('contribution')}: {put['rule']} · T = {_result(put['reference'])}")
    headings = ("department", "period", "figure", "weight", "share", "contribution")
    made = table([word(name) for name in headings], right=[word(name) for name in headings[2:]])
    for depth, one in _tree(put, None, 0):
        made.add_row(f"{'  ' * depth}{one['department']}", *_cells(one))
    if put["bound"]:
        made.add_row("T", "", "", "", "", _result(put["bound"]))
    made.add_row(word("gap"), "", "", "", "", _result(put["distance"]))
    print_table(console, made)
    if put["missing"]:
        missing = _share(put["missing_share"])
        console.print(f"{word('share of the weight that is missing')}: {missing}")


def _tree(put: Document, parent: str | None, depth: int) -> Iterator[tuple[int, Document]]:
    """Go through the departments from the top down, each below the one that it belongs to."""
    shown = {group["department"] for group in put["groups"]}
    for one in (*put["groups"], *put["parts"], *put["missing"]):
        above = one["parent"] if one["parent"] in shown else None
        if above == parent:
            yield depth, one
            if one["department"] in shown:
                yield from _tree(put, one["department"], depth + 1)


def _cells(one: Document) -> tuple[str, ...]:
    """Return the period, figure, weight, share and contribution of a department, - for none.

    Of one without a figure, the period in brackets is that of the weight which it is taken to have.
    """
    if "why" in one:
        weighed = "-" if one["weight_period"] is None else f"({one['weight_period']})"
        contribution = _result(one["contribution"]) if one["contribution"] else "-"
        return weighed, "-", _result(one["weight"]), _share(one["share"]), contribution
    return (
        str(one["period"]),
        _result(one["value"]),
        _result(one["weight"]),
        _share(one["share"]),
        _result(one["contribution"]),
    )


def _share(share: Decimal | None) -> str:
    if share is None:
        return "-"
    return write_number(round(share, _SHARE_DIGITS))


def _needed(needed: Document, word: Word) -> str:
    """Write what the periods to come must bring, and how it comes about."""
    bounds = _bounds(needed["lower"], needed["upper"], word)
    each = _bounds(needed["lower_a_period"], needed["upper_a_period"], word)
    told = [bounds, f"{each} {word('a period')}" if each else "", needed["rule"]]
    return " · ".join(part for part in told if part)


def _bounds(lower: Decimal | None, upper: Decimal | None, word: Word) -> str:
    told = [] if lower is None else [f"{word('at least')} {_result(lower)}"]
    told += [] if upper is None else [f"{word('at most')} {_result(upper)}"]
    return " · ".join(told)
