"""Findings: every code has its words, and the words take the values that they name."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from app.domain.finding import TEMPLATES, Finding, Severity, english


def placeholders(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("code", TEMPLATES)
def test_every_template_is_a_sentence_filled_in_by_names(code: str) -> None:
    template, names = TEMPLATES[code], placeholders(TEMPLATES[code])
    values = {name: f"<{name}>" for name in names}

    words = english(Finding(code, values=values))

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert template[-1] in ".?"
    assert all(name.isidentifier() for name in names), "by name, or no translator can reorder them"
    assert all(value in words for value in values.values())
    assert "{" not in words


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ("unknown KPI", "unknown_kpi"),
        ("unknown department", "unknown_department"),
        ("unknown period", "unknown_period"),
        ("a department that does not report this KPI", "not_reported_here"),
        ("wrong frequency", "wrong_frequency"),
        ("not a finite number", "not_a_number"),
        ("more digits than the store keeps", "too_many_digits"),
        ("below the KPI's hard limits", "below_minimum"),
        ("above the KPI's hard limits", "above_maximum"),
        ("a numerator without its denominator", "numerator_without_denominator"),
        ("a zero denominator", "denominator_not_positive"),
        ("the same key twice in one file", "duplicate_row"),
        ("a future period", "period_not_begun"),
        ("an unopened period", "period_not_ended"),
        ("a correction without a reason", "reason_missing"),
    ],
)
def test_each_error_that_refuses_has_its_code(refused: str, code: str) -> None:
    assert code in TEMPLATES, f"nothing tells of {refused}"
    assert Finding(code).severity is Severity.ERROR


def test_a_finding_says_where_and_with_which_values() -> None:
    finding = Finding("below_minimum", 7, "数值", {"value": "-1", "kpi": "cases", "limit": "0"})

    assert (finding.row, finding.column) == (7, "数值")
    assert english(finding) == "-1 is below the least possible figure of cases, 0."


def test_braces_in_delivered_text_are_left_alone() -> None:
    finding = Finding("unknown_kpi", values={"name": "{limit} {0} {"})

    assert english(finding) == "There is no KPI “{limit} {0} {”."


def test_a_finding_without_its_values_is_a_mistake_and_not_half_a_sentence() -> None:
    with pytest.raises(KeyError):
        english(Finding("unknown_kpi"))


def test_a_code_that_nobody_wrote_words_for_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        english(Finding("no_such_code"))
