"""What is wrong with a row, told with its row and column; pure, without any database."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Actor, Role
from app.domain.figure import ObservationStatus
from app.domain.finding import TEMPLATES, english
from app.intake import validation
from app.intake.actuals_json import read_actuals
from app.intake.tabular import read_csv
from app.intake.validation import check
from tests.factories import amount
from tests.ledger.small_office import REPORTER, Row, row, small_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.finding import Finding
    from app.intake.validation import Checked, Entry

CATALOGUE = small_catalogue()
TODAY = dt.date(2013, 6, 15)
PENDENCY: Row = {"kpi": "pendency"}
FEES: Row = {"kpi": "fees", "period": "2013-Q1"}
RATIO: Row = {"kpi": "per-capita", "department": "north", "period": "2012"}
STANDARD = {"kpi": "standard", "department": "law"}
CASES_KPI = {"kpi": "cases"}


def checked(
    *rows: Mapping[str, object], actor: Actor = REPORTER, today: dt.date = TODAY
) -> Checked:
    table = read_actuals(json.dumps({"actuals": rows}).encode())
    return check(table, CATALOGUE, actor, today)


def entry(*rows: Mapping[str, object], actor: Actor = REPORTER, today: dt.date = TODAY) -> Entry:
    """Check rows of which one is good and nothing is found; returns it."""
    result = checked(*rows, actor=actor, today=today)
    assert result.findings == ()
    (good,) = result.entries
    return good


def said(found: Finding) -> tuple[str, int | None, str | None]:
    assert english(found), "its message can be written"
    return found.code, found.row, found.column


def without(name: str) -> Row:
    return {key: value for key, value in row("1").items() if key != name}


BAD: dict[str, tuple[Row, str, str | None]] = {
    "no kpi": (without("kpi"), "missing_field", "kpi"),
    "a blank kpi": (row("1", kpi="  "), "missing_field", "kpi"),
    "a kpi nobody knows": (row("1", kpi="penury"), "unknown_kpi", "kpi"),
    "a code in capitals is another code": (row("1", kpi="PENDENCY"), "unknown_kpi", "kpi"),
    "a name that two kpis bear": (
        row("1", kpi="双生", department="law"), "ambiguous_kpi", "kpi"),
    "an english name that two kpis bear": (
        row("1", kpi="Twin", department="law"), "ambiguous_kpi", "kpi"),
    "no department": (without("department"), "missing_field", "department"),
    "a department nobody knows": (row("1", department="moon"), "unknown_department", "department"),
    "a name that two departments bear": (
        row("1", **{**RATIO, "department": "地方局"}), "ambiguous_department", "department"),
    "a department that does not report this kpi": (
        row("1", department="law"), "not_reported_here", "department"),
    "a parent of those that report it": (
        row("1", department="office"), "not_reported_here", "department"),
    "no period": (without("period"), "missing_field", "period"),
    "a month that is none": (row("1", "2013-13"), "unknown_period", "period"),
    "a spelling for people in json": (row("1", "2013年3月"), "unknown_period", "period"),
    "a year out of range": (row("1", "0999-01"), "unknown_period", "period"),
    "a quarter for a monthly kpi": (row("1", "2013-Q1"), "wrong_frequency", "period"),
    "a year for a monthly kpi": (row("1", "2012"), "wrong_frequency", "period"),
    "a month for a quarterly kpi": (
        row("1", **{**FEES, "period": "2013-01"}), "wrong_frequency", "period"),
    "a future month": (row("1", "2013-07"), "period_not_begun", "period"),
    "a future quarter": (row("1", **{**FEES, "period": "2013-Q3"}), "period_not_begun", "period"),
    "a month that has not ended": (row("1", "2013-06"), "period_not_ended", "period"),
    "a quarter that has not ended": (
        row("1", **{**FEES, "period": "2013-Q2"}), "period_not_ended", "period"),
    "a status that is none": (
        row("1", observation_status="X"), "unknown_observation_status", "observation_status"),
    "a status in small letters in json": (
        row("1", observation_status="a"), "unknown_observation_status", "observation_status"),
    "text for a number": (row("about 20"), "not_a_number", "value"),
    "not a number": (row("NaN"), "not_a_number", "value"),
    "an infinity": (row("-Infinity"), "not_a_number", "value"),
    "underscores within a number": (row("1_000"), "not_a_number", "value"),
    "separators in json": (row("1,000"), "not_a_number", "value"),
    "full-width digits in json": (row("２２"), "not_a_number", "value"),
    "thirteen digits before the point": (
        row("1000000000000", **CASES_KPI), "too_many_digits", "value"),
    "seven digits after the point": (row("1.0000001"), "too_many_digits", "value"),
    "an enormous exponent": (row("1e400"), "too_many_digits", "value"),
    "a wrong numerator": (row(numerator="x", denominator="2"), "not_a_number", "numerator"),
    "a wrong denominator": (row(numerator="2", denominator="x"), "not_a_number", "denominator"),
    "an endless note": (row("1", note="长" * 2001), "too_long", "note"),
    "an endless reason": (row("1", reason="x" * 2001), "too_long", "reason"),
    "no figure at all": (row(), "missing_value", "value"),
    "a blank figure": (row(" "), "missing_value", "value"),
    "a value that is reported missing": (
        row("1", observation_status="M"), "value_and_status_missing", "value"),
    "a fraction that is reported missing": (
        row(numerator="1", denominator="2", observation_status="M"),
        "value_and_status_missing", "value"),
    "a numerator alone": (row(numerator="1"), "numerator_without_denominator", "numerator"),
    "a numerator beside a value": (
        row("1", numerator="1"), "numerator_without_denominator", "numerator"),
    "a denominator alone": (row(denominator="2"), "denominator_alone", "denominator"),
    "a zero denominator": (
        row(numerator="1", denominator="0"), "denominator_not_positive", "denominator"),
    "a negative zero for a denominator": (
        row(numerator="1", denominator="-0.0"), "denominator_not_positive", "denominator"),
    "a negative denominator": (
        row(numerator="1", denominator="-2"), "denominator_not_positive", "denominator"),
    "a zero weight": (row("20", denominator="0"), "denominator_not_positive", "denominator"),
    "a flow with a denominator": (
        row(numerator="4", denominator="2", **CASES_KPI), "not_divisible", "denominator"),
    "a stock with a weight": (
        row("4", denominator="2", kpi="platforms", department="law"),
        "not_divisible", "denominator"),
    "a milestone with a denominator": (
        row(numerator="1", denominator="2", **STANDARD), "not_divisible", "denominator"),
    "a value that is not its own fraction": (
        row("22.4", numerator="611520", denominator="27000"), "inconsistent_value", "value"),
    "a ratio that forgets its factor": (
        row("0.0005", numerator="5", denominator="10000", **RATIO), "inconsistent_value", "value"),
    "another definition than the period's": (
        row("1", definition_version=2), "wrong_definition", "definition_version"),
    "a definition that is no number": (
        row("1", definition_version="new"), "wrong_definition", "definition_version"),
    "a little below the minimum": (row("-0.000001"), "below_minimum", "value"),
    "a little above the maximum": (row("100.000001"), "above_maximum", "value"),
    "a fraction above the maximum": (
        row(numerator="100001", denominator="1000"), "above_maximum", "numerator"),
    "a fraction below the minimum": (
        row(numerator="-1", denominator="1000"), "below_minimum", "numerator"),
    "a milestone of more than 1": (row("1.01", **STANDARD), "above_maximum", "value"),
    "a milestone of less than 0": (row("-0.01", **STANDARD), "below_minimum", "value"),
}  # fmt: skip


@pytest.mark.parametrize(("bad", "code", "column"), BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_told_with_its_row_and_column(bad: Row, code: str, column: str | None) -> None:
    result = checked(row("1", "2013-01"), bad, row("1", "2013-02"))
    assert [said(found) for found in result.findings] == [(code, 2, column)]
    assert [good.row for good in result.entries] == [1, 3]
    assert result.received == 3


def test_every_code_of_the_checks_has_its_case() -> None:
    """A check added without a case here fails: the codes are taken from the source itself."""
    literals = {
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(validation)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    told = {f"{what}_{name}" for what in ("unknown", "ambiguous") for name in ("kpi", "department")}
    numbers = {"not_a_number", "too_many_digits"}
    codes = (literals & TEMPLATES.keys()) | told | numbers
    assert codes - {code for _, code, _ in BAD.values()} == {"not_permitted", "duplicate_row"}


GOOD: dict[str, Row] = {
    "a number": row(22.5),
    "a numeric string": row("22.50"),
    "the least figure": row("0"),
    "the greatest figure": row("100"),
    "an exponent within the digits": row("1e1"),
    "numerator and denominator": row(numerator="611520", denominator="27300"),
    "a value with its weight": row("22.4", denominator="27300"),
    "a value that is its fraction as far as it was written": row(
        "0.67", numerator="2", denominator="3"),
    "a value rounded half down": row("0.12", numerator="1", denominator="8"),
    "a value rounded half up": row("0.13", numerator="1", denominator="8"),
    "a ratio with its factor": row("5.00", numerator="5", denominator="10000", **RATIO),
    "a fraction alone that needs rounding": row(numerator="1", denominator="3"),
    "a figure that is reported missing": row(observation_status="M"),
    "every status there is": row("1", observation_status="E"),
    "the month that has just ended": row("1", "2013-05"),
    "a figure of long ago": row("1", "1900-01"),
    "a note of 2000 characters": row("1", note="长" * 2000),
    "an early figure of a kpi that takes them": row(
        "1", "2013-06", kpi="platforms", department="law"),
    "a milestone at its end": row("1", **STANDARD),
    "a negative flow": row("-5", **CASES_KPI),
}  # fmt: skip


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_a_good_row_is_taken(good: Row) -> None:
    assert entry(good).row == 1


def test_a_row_is_taken_with_everything_in_it() -> None:
    given = row("22.40", numerator="611520", denominator="27300", observation_status="P")
    found = entry({**given, "note": " 备注 ", "reason": "recount"})
    assert (found.kpi, found.department, str(found.period)) == ("pendency", "exam", "2013-03")
    assert found.amount == amount("22.4", numerator=611520, denominator=27300)
    assert found.observation_status is ObservationStatus.PROVISIONAL
    assert (found.note, found.reason) == ("备注", "recount")


def test_what_is_blank_is_not_there() -> None:
    found = entry(row("1", note=" ", reason="", numerator="", denominator=" "))
    assert (found.note, found.reason) == (None, None)
    assert found.amount == amount(1)
    assert found.observation_status is ObservationStatus.NORMAL


@pytest.mark.parametrize(
    ("kpi", "department"),
    [
        ("pendency", "exam"),
        ("审查周期", "审查部"),
        ("Pendency", "Examination"),
        ("审查周期", "exam"),
        (" pendency ", " Examination "),
    ],
)
def test_kpis_and_departments_are_given_by_code_or_by_exact_name(kpi: str, department: str) -> None:
    found = entry(row("1", kpi=kpi, department=department))
    assert (found.kpi, found.department) == ("pendency", "exam")


# --- many at once -----------------------------------------------------------------------------


def test_every_finding_of_a_row_is_told_at_once() -> None:
    bad = row("1e9", "2013-13", kpi="penury", department="moon", observation_status="X")
    result = checked({**bad, "note": "n" * 3000, "reason": "r" * 3000, "numerator": "?"})
    assert {(found.code, found.column) for found in result.findings} == {
        ("unknown_kpi", "kpi"),
        ("unknown_department", "department"),
        ("unknown_period", "period"),
        ("unknown_observation_status", "observation_status"),
        ("not_a_number", "numerator"),
        ("too_long", "note"),
        ("too_long", "reason"),
    }
    assert {found.row for found in result.findings} == {1}
    assert result.entries == ()


def test_every_finding_of_every_row_is_told_at_once() -> None:
    bad = [bad for bad, _, _ in BAD.values()]
    result = checked(*bad)
    expected = [(code, number, column) for number, (_, code, column) in enumerate(BAD.values(), 1)]
    assert [said(found) for found in result.findings] == expected
    assert result.entries == ()


def test_an_unknown_kpi_does_not_hide_what_else_is_wrong() -> None:
    result = checked(row("x", "2013-13", kpi="penury"))
    codes = [found.code for found in result.findings]
    assert codes == ["unknown_kpi", "unknown_period", "not_a_number"]


def test_the_same_figure_twice_is_told_with_the_first_one_s_row() -> None:
    twins = [row("1"), row("2", "2013-02"), row("1", kpi="审查周期"), row("3")]
    result = checked(*twins)
    assert [said(found) for found in result.findings] == [
        ("duplicate_row", 3, None),
        ("duplicate_row", 4, None),
    ]
    assert {found.values["first"] for found in result.findings} == {"1"}
    assert [good.row for good in result.entries] == [1, 2]


def test_a_bad_row_is_no_first_of_its_kind() -> None:
    result = checked(row("nonsense"), row("2"))
    assert [found.code for found in result.findings] == ["not_a_number"]
    assert [good.amount.value for good in result.entries] == [Decimal(2)]


def test_a_message_repeats_no_more_than_a_hundred_characters() -> None:
    long = "9" * 5000
    result = checked(row(long), row("1", long), row("1", kpi=long), row("1", department=long))
    assert len(result.findings) == 4
    assert all(len(english(found)) < 250 for found in result.findings)


# --- files that people made -------------------------------------------------------------------

FILE = """\
指标,部门,期间,数值,备注
审查周期,审查部,2013年3月,２２．５,

penury,审查部,2013/4/1,"1,234.5",
审查周期,审查部,2013.5,约20,
审查周期,审查部,2013-02,22.5,
审查周期,exam,201302,22.5,
"""


def test_findings_of_a_file_name_its_own_rows_and_headers() -> None:
    result = check(read_csv(FILE.encode("gb18030")), CATALOGUE, REPORTER, TODAY)
    assert [said(found) for found in result.findings] == [
        ("unknown_kpi", 4, "指标"),
        ("unknown_period", 5, "期间"),
        ("not_a_number", 5, "数值"),
        ("duplicate_row", 7, None),
    ]
    assert [(good.row, good.amount.value) for good in result.entries] == [
        (2, Decimal("22.5")),
        (6, Decimal("22.5")),
    ]
    assert result.received == 5


def test_a_row_with_a_reader_s_finding_is_refused_and_still_checked() -> None:
    lines = ["pendency,exam,2013-03,x,surplus", "cases,exam,2013-03,1,surplus"]
    text = "\n".join(["kpi,department,period,value", *lines])
    result = check(read_csv(text.encode()), CATALOGUE, REPORTER, TODAY)
    assert sorted((found.row, found.code) for found in result.findings) == [
        (2, "not_a_number"),
        (2, "too_many_cells"),
        (3, "too_many_cells"),
    ]
    assert result.entries == ()


def test_a_column_that_is_not_there_is_named_by_its_field() -> None:
    text = "kpi,department,period,numerator\npendency,exam,2013-03,\n"
    result = check(read_csv(text.encode()), CATALOGUE, REPORTER, TODAY)
    assert [said(found) for found in result.findings] == [("missing_value", 2, "value")]


# --- whose figures, and when ------------------------------------------------------------------

REACH: dict[str, tuple[set[str] | None, Role, str, bool]] = {
    "its own": ({"exam"}, Role.REPORTER, "exam", True),
    "one below": ({"exam"}, Role.REPORTER, "exam-east", True),
    "one two steps below": ({"office"}, Role.REPORTER, "exam-east", True),
    "one above": ({"exam-east"}, Role.REPORTER, "exam", False),
    "one beside": ({"law"}, Role.REPORTER, "exam", False),
    "one of several": ({"law", "exam"}, Role.REPORTER, "exam", True),
    "any, without departments": (None, Role.REPORTER, "exam", True),
    "any, as admin": ({"law"}, Role.ADMIN, "exam", True),
    "a department of its own that is gone": ({"gone"}, Role.REPORTER, "exam", False),
}


@pytest.mark.parametrize(
    ("tops", "role", "department", "reached"), REACH.values(), ids=REACH.keys()
)
def test_who_posts_for_whom(
    tops: set[str] | None, role: Role, department: str, *, reached: bool
) -> None:
    actor = Actor("key", role, 1, None if tops is None else frozenset(tops))
    result = checked(row("1", department=department), actor=actor)
    expected = [] if reached else [("not_permitted", 1, "department")]
    assert [said(found) for found in result.findings] == expected


def test_a_department_out_of_reach_does_not_hide_what_else_is_wrong() -> None:
    actor = Actor("key", Role.REPORTER, 1, frozenset({"exam"}))
    result = checked(row("x", department="law"), actor=actor)
    codes = [found.code for found in result.findings]
    assert codes == ["not_permitted", "not_reported_here", "not_a_number"]


EARLY: dict[str, tuple[Row, dt.date, str | None]] = {
    "on its last day a month has not ended": (PENDENCY, dt.date(2013, 3, 31), "period_not_ended"),
    "on the day after it has": (PENDENCY, dt.date(2013, 4, 1), None),
    "an early figure on the first day": (
        {"kpi": "platforms", "department": "law"}, dt.date(2013, 3, 1), None),
    "an early figure on the day before": (
        {"kpi": "platforms", "department": "law"}, dt.date(2013, 2, 28), "period_not_begun"),
    "a quarter on its last day": (FEES, dt.date(2013, 3, 31), "period_not_ended"),
    "a quarter on the day after": (FEES, dt.date(2013, 4, 1), None),
    "a year on its last day": (RATIO, dt.date(2012, 12, 31), "period_not_ended"),
    "a year on the day after": (RATIO, dt.date(2013, 1, 1), None),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "today", "code"), EARLY.values(), ids=EARLY.keys())
def test_when_a_figure_may_be_posted(
    fields: dict[str, object], today: dt.date, code: str | None
) -> None:
    result = checked({**row("1"), **fields}, today=today)
    assert [found.code for found in result.findings] == ([] if code is None else [code])
