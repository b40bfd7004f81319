"""What people are told of a finding names KPIs and departments, and writes periods as they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.finding import Finding, Severity
from app.translation import Translator
from app.wording.remarks import named
from app.wording.voice import Voice
from tests.ledger.small_office import small_catalogue

if TYPE_CHECKING:
    from app.translation import Language

CATALOGUE = small_catalogue()
EXAM, LAW = CATALOGUE.departments["exam"], CATALOGUE.departments["law"]
KPI, OTHER = CATALOGUE.kpis["pendency"], CATALOGUE.kpis["platforms"]


def said(code: str, language: Language = "en", /, **values: str) -> str:
    finding = Finding(code, 7, None, values, Severity.WARNING)
    translator = Translator()
    voice = Voice(translator, language)
    return translator.message(named(voice, CATALOGUE, finding), language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_figure_is_told_by_its_names_and_months(language: Language) -> None:
    told = said(
        "far_from_history", language, value="9", kpi=KPI.code, department=EXAM.code, count="12",
        first="2012-01", last="2012-12", median="22", low="21", high="23",
    )  # fmt: skip
    voice = Voice(Translator(), language)
    assert voice.name(KPI) in told
    assert voice.name(EXAM) in told
    assert "2012-01" not in told
    assert ("2012年1月" if language == "zh" else "Jan 2012") in told


def test_parts_are_named_each_with_its_figure() -> None:
    told = said(
        "parts_differ", period="2013-03", kpi=KPI.code, whole=LAW.code, total="5", sum="6",
        figures=f"{EXAM.code} 2 + {LAW.code} 4 + …",
    )  # fmt: skip
    assert f"{EXAM.name_en} 2 + {LAW.name_en} 4 + …" in told


def test_terms_of_a_sum_are_named_each_with_its_month() -> None:
    told = said(
        "sum_differs", period="2013-03", kpi=KPI.code, value="5", sum="6",
        figures=f"2 ({KPI.code} 2013-01) + 4 ({OTHER.code} 2013-Q1) - 1 ({KPI.code} 2012-12)",
    )  # fmt: skip
    assert f"2 ({KPI.name_en}, Jan 2013) + 4 ({OTHER.name_en}, Q1 2013)" in told
    assert f"- 1 ({KPI.name_en}, Dec 2012)" in told


def test_rows_stay_rows_and_what_is_unknown_stays_as_it_is() -> None:
    told = said(
        "looks_shifted", value="5", neighbour_kpi=OTHER.code, neighbour="gone", neighbour_row="8",
        neighbour_newest="4", kpi=KPI.code, department=EXAM.code, newest="1", first="2013",
        last="2016",
    )  # fmt: skip
    assert f"{OTHER.name_en} of gone in row 8" in told
    assert "rows 2013 to 2016" in told
