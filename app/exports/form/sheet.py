"""The workbook in which figures are asked for, ready to be filled in and sent back.

One row a figure: codes and information are locked and grey, what is to be entered is open and
white. The header row is the first, so that the sheet is still read after a program has made CSV
of it; a second sheet says how it is filled in.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from app.documents import name_in
from app.domain.lifecycle import State
from app.domain.number import shown, write_number
from app.exports.form.words import REASONS, STATUSES, STEPS, TITLES, TO_FILL_IN
from app.intake.form import INFORMATION
from app.intake.spelling import write_text
from app.intake.tabular import CHINESE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from zoneinfo import ZoneInfo

    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from app.domain.catalogue import Catalogue
    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.exports.form.asked import Aim, Asked
    from app.ledger.reporting import Scope
    from app.translation import Language, Translator

_WIDTHS: Final = {
    "kpi": 24,
    "name_zh": 28,
    "name_en": 28,
    "department": 18,
    "department_name": 22,
    "period": 10,
    "unit": 10,
    "to_fill_in": 16,
    "previous": 13,
    "target": 14,
    "expected": 13,
    "value": 14,
    "numerator": 14,
    "denominator": 14,
    "observation_status": 11,
    "note": 26,
    "reason": 26,
    "state": 10,
    "deadline": 17,
    "on_record": 13,
    "returned_because": 26,
}
"""The columns in their order, each with its width in characters."""
_NAMES: Final = {"zh": ("name_zh", "name_en"), "en": ("name_en", "name_zh")}
_NUMBERS: Final = frozenset(
    {"previous", "expected", "value", "numerator", "denominator", "on_record"}
)
_ALWAYS_OPEN: Final = frozenset({"observation_status", "note", "reason"})
_SCROLLED_AFTER: Final = 2
"""Columns that stay in sight: the code, and the name in the language asked for."""
_MOST_PROMPT: Final = 250
"""Characters of a prompt that every program shows."""
_A4: Final = 9
_GREY: Final = "#EEEEEE"
_LIMIT: Final = 10**12
"""Beyond every figure that is taken."""


def write_form(
    figures: Sequence[Asked],
    zone: ZoneInfo,
    translator: Translator,
    language: Language,
    title: str,
) -> bytes:
    """Return the workbook. zone: where deadlines are shown. title: printed above each page."""
    file = io.BytesIO()
    import xlsxwriter

    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        _Form(book, zone, translator, language).write(figures, title)
    return file.getvalue()


class _Form:
    """One workbook in the making."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        zone: ZoneInfo,
        translator: Translator,
        language: Language,
    ) -> None:
        self._zone, self._translator, self._language = zone, translator, language
        self._book = book
        self._formats: dict[tuple[bool, int | None], Format] = {}
        first, second = _NAMES[language]
        swapped = {"name_zh": first, "name_en": second}
        self._columns = [swapped.get(name, name) for name in _WIDTHS]

    def write(self, figures: Sequence[Asked], title: str) -> None:
        """Write both sheets; where nothing is asked, the one that says so comes up first."""
        page = self._book.add_worksheet(self._word(TITLES["form"]))
        self._header(page)
        for place, figure in enumerate(figures, 1):
            self._row(page, place, figure)
        self._set_up(page, title, len(figures))
        help_page = self._how_to(nothing=not figures)
        if not figures:
            help_page.activate()

    # --- the sheet of figures -------------------------------------------------------------------

    def _header(self, page: Worksheet) -> None:
        bold = self._book.add_format(
            {"bold": True, "bg_color": _GREY, "border": 1, "text_wrap": True, "valign": "top"}
        )
        for column, name in enumerate(self._columns):
            page.write_string(0, column, self._heading(name), bold)
            page.set_column(column, column, _WIDTHS[name])
        self._comment(
            page, 0, "observation_status", [self._word(line) for line in STATUSES.values()]
        )
        self._comment(
            page, 0, "expected", [self._word("For a flow, the sum since the plan began.")]
        )

    def _heading(self, name: str) -> str:
        if name in INFORMATION:
            return INFORMATION[name][self._language]
        return CHINESE[name] if self._language == "zh" else name

    def _row(self, page: Worksheet, place: int, figure: Asked) -> None:
        texts = self._texts(figure)
        for column, name in enumerate(self._columns):
            is_open = name in figure.fields or name in _ALWAYS_OPEN
            decimals = figure.kpi.decimals if name in _NUMBERS else None
            look = self._format(is_open=is_open, decimals=decimals)
            content = texts.get(name)
            if content is None or content == "":
                page.write_blank(place, column, None, look)
            elif isinstance(content, str):
                page.write_string(place, column, write_text(content), look)
            else:
                page.write_number(place, column, float(content), look)
        self._prompts(page, place, figure)
        self._comment(page, place, figure.fields[0], self._said_of(figure))

    def _texts(self, figure: Asked) -> dict[str, str | Fraction | None]:
        """Return what stands in the row: its given cells, and nothing in those to be entered."""
        kpi, line, aim = figure.kpi, figure.line, next(iter(figure.aims), None)
        zh = self._language == "zh"
        return {
            "kpi": kpi.code,
            "name_zh": kpi.name_zh,
            "name_en": kpi.name_en,
            "department": figure.department.code,
            "department_name": figure.department.name_zh if zh else figure.department.name_en,
            "period": str(line.expected.period),
            "unit": kpi.unit_zh if zh else kpi.unit_en,
            "to_fill_in": self._word(TO_FILL_IN[figure.fields]),
            "previous": _number(figure.previous, kpi),
            "target": None if aim is None else str(aim.target.goal),
            "expected": None if aim is None else aim.expected,
            "state": self._word(line.state),
            "deadline": f"{line.expected.deadline.astimezone(self._zone):%Y-%m-%d %H:%M}",
            "on_record": _number(line.figure, kpi),
            "returned_because": line.review.reason if line.review else None,
        }

    def _said_of(self, figure: Asked) -> list[str]:
        """Return the lines of the comment at a figure."""
        kpi, say = figure.kpi, self._say
        definition = kpi.definition_at(figure.line.expected.period).text
        lines = [say("Definition: {text}", text=definition)] if definition else []
        if kpi.hard_minimum is not None:
            lines.append(say("Not below {limit}.", limit=write_number(kpi.hard_minimum)))
        if kpi.hard_maximum is not None:
            lines.append(say("Not above {limit}.", limit=write_number(kpi.hard_maximum)))
        lines.append(say("Shown with {count} decimals.", count=str(kpi.decimals)))
        return [*lines, *(self._aim(aim) for aim in figure.aims)]

    def _aim(self, aim: Aim) -> str:
        target, expected = aim.target, shown(aim.expected)
        return self._say(
            "Target of {department} in {plan}: {target}, due {due}; expected by now: {expected}.",
            department=target.department,
            plan=target.plan,
            target=str(target.goal),
            due=str(target.due),
            expected="–" if expected is None else write_number(expected),
        )

    def _comment(self, page: Worksheet, place: int, name: str, lines: Sequence[str]) -> None:
        size = {"x_scale": 2.5, "y_scale": max(1.0, len(lines) / 2), "author": "Dabiao"}
        page.write_comment(place, self._columns.index(name), "\n".join(lines), size)

    def _prompts(self, page: Worksheet, place: int, figure: Asked) -> None:
        """Set the drop-downs and the limits of a row's open cells; all of them can be overridden.

        Whoever types a number in full-width digits types text, which the intake reads.
        """
        for name in figure.fields:
            self._validate(page, place, name, self._limits(figure, name))
        status = {"validate": "list", "source": list(STATUSES)}
        self._validate(page, place, "observation_status", status)
        if figure.line.state is State.RETURNED:
            reasons = [self._word(reason) for reason in REASONS]
            answer = {"validate": "list", "source": reasons, "show_error": False}
            if (review := figure.line.review) is not None and review.reason:
                answer["input_message"] = review.reason[:_MOST_PROMPT]
            self._validate(page, place, "reason", answer)

    def _limits(self, figure: Asked, name: str) -> dict[str, Any]:
        low, high = figure.kpi.hard_minimum, figure.kpi.hard_maximum
        limited = name == "value"
        return {
            "validate": "decimal",
            "criteria": "between",
            "minimum": float(low) if limited and low is not None else -_LIMIT,
            "maximum": float(high) if limited and high is not None else _LIMIT,
            "error_type": "warning",
            "error_message": self._word("This is not a number within the limits of the KPI."),
        }

    def _validate(self, page: Worksheet, place: int, name: str, rule: dict[str, Any]) -> None:
        column = self._columns.index(name)
        page.data_validation(place, column, place, column, rule)

    def _format(self, *, is_open: bool, decimals: int | None) -> Format:
        known = self._formats.get((is_open, decimals))
        if known is None:
            look: dict[str, Any] = {"border": 1, "valign": "top", "locked": not is_open}
            if decimals is not None:
                look["num_format"] = "#,##0" + ("." + "0" * decimals if decimals else "")
            else:
                look["text_wrap"] = True
            if not is_open:
                look["bg_color"] = _GREY
            known = self._formats[is_open, decimals] = self._book.add_format(look)
        return known

    def _set_up(self, page: Worksheet, title: str, figures: int) -> None:
        page.freeze_panes(1, _SCROLLED_AFTER)
        page.autofilter(0, 0, max(figures, 1), len(self._columns) - 1)
        # Without a password: it keeps codes from being changed by accident, and nobody out.
        page.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
        page.set_landscape()
        page.set_paper(_A4)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_header("&L" + title.replace("&", "&&")[:_MOST_PROMPT])
        page.set_footer("&C&P / &N")

    # --- the sheet that says how ----------------------------------------------------------------

    def _how_to(self, *, nothing: bool) -> Worksheet:
        page = self._book.add_worksheet(self._word(TITLES["how_to"]))
        wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        page.set_column(0, 0, 100, wrapped)
        said = ["Nothing is due here.", *STEPS] if nothing else STEPS
        for place, line in enumerate(said):
            page.write_string(place, 0, self._word(line), wrapped)
        return page

    def _word(self, msgid: str) -> str:
        return self._translator.translate(msgid, self._language)

    def _say(self, template: str, **values: str) -> str:
        return self._word(template).format(**values)


def _number(figure: Figure | None, kpi: Kpi) -> Fraction | None:
    return None if figure is None else figure.amount.number(kpi.factor)


def titled(catalogue: Catalogue, scope: Scope, language: Language) -> tuple[str, str]:
    """Return what stands above each printed page, and the file's name."""
    code = scope.selection.department
    period = None if scope.within is None else str(scope.within)
    department = None if code is None else name_in(catalogue.departments[code], language)
    title = " · ".join(part for part in ("Dabiao", department, period) if part)
    return title, "-".join(part for part in ("form", code, period) if part) + ".xlsx"
