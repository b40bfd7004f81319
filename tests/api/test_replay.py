"""A year replayed: every month's page, asked for as of then, is what was served then, byte by byte.

In the year figures are posted, corrected, returned and approved, a target is revised, a KPI is
renamed and later defined anew, and a department begins to report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ledger.small_office import department, fill, kpi, row, target

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ledger.office import Office
    from tests.api.contract import Client
    from tests.clock import Clock

TARGETS = "/api/v1/targets/plan-2013"
PAGES = (
    "/api/v1/scoreboard",
    "/api/v1/scoreboard?department=office&status=on_track",
    "/api/v1/scoreboard?period=2013-06",
    f"{TARGETS}/pendency/office/explain",
    f"{TARGETS}/pendency/exam/explain?period=2013-05",
    f"{TARGETS}/closed/office/explain",
    f"{TARGETS}/closed/office/series",
    f"{TARGETS}/pendency/exam/versions",
    "/api/v1/reporting",
    "/api/v1/actuals?format=csv",
)
"""Each in both languages, at the end of every month."""
LANGUAGES = ("zh", "en")


class Year:
    """The small office, one that reports cases closed and pendency, lived through month by month.

    served: per instant, page and language, the bytes that were answered.
    """

    def __init__(self, api: Client, office: Office, clock: Clock) -> None:
        self.api, self.office, self.clock = api, office, clock
        self.served: dict[tuple[str, str, str], bytes] = {}
        self.last_submission = 0

    def post(self, *rows: dict[str, object]) -> None:
        self.clock.forward(minutes=7)
        answer = self.api.post_actuals(*rows)
        assert answer.status_code == 201, answer.text
        self.last_submission = answer.json()["id"]

    def put(self, address: str, **changes: object) -> None:
        """Change some fields of a resource as a planner does: read it, put it back."""
        self.clock.forward(minutes=7)
        read = self.api.get(f"/api/v1/{address}")
        headers = {**self.api.bearing("planner"), "If-Match": read.headers["etag"]}
        changed = {**read.json(), **changes}
        answer = self.api.put(f"/api/v1/{address}", json=changed, headers=headers)
        assert answer.status_code == 200, answer.text

    def review(self, action: str, **body: str) -> None:
        self.clock.forward(minutes=7)
        address = f"/api/v1/submissions/{self.last_submission}/{action}"
        headers = self.api.bearing("approver")
        answer = self.api.post(address, headers=headers, json=body or None)
        assert answer.status_code == 200, answer.text

    def look(self) -> None:
        """Remember every page as it is served now."""
        self.clock.forward(minutes=7)
        at = self.clock().isoformat()
        for page in PAGES:
            for language in LANGUAGES:
                self.served[at, page, language] = self.read(page, language)

    def read(self, page: str, language: str) -> bytes:
        answer = self.api.get(page, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.content


def month_of(month: int) -> str:
    return f"2013-{month:02d}"


def posted(month: int) -> list[dict[str, Any]]:
    """Return what the departments post for a month; from September on one more of them."""
    at = month_of(month)
    rows = [
        row(f"{25 - month / 4:.2f}", at, denominator=300 + month),
        row(100 + month, at, kpi="closed"),
    ]
    if month >= 9:
        rows.append(row(40, at, kpi="closed", department="annex"))
    return rows


def june(year: Year) -> None:
    year.post(row("23.6", month_of(5), denominator=310, reason="cases counted twice"))
    year.review("approve")


def july(year: Year) -> None:
    year.put(
        "targets/plan-2013/pendency/exam",
        target="<= 22", in_force_from="2013-07", reason="The ministry asks for more",
    )  # fmt: skip


def august(year: Year) -> None:
    year.review("return", reason="the last week is not in it")
    year.put("kpis/pendency", name_zh="平均审查周期", name_en="Average pendency")


def september(year: Year) -> None:
    year.clock.forward(minutes=7)
    fill(year.office, department("annex", name_zh="分部", name_en="Annex", name=None))
    year.put("kpis/closed", reported_by=["exam", "annex"])


def october(year: Year) -> None:
    versions = [
        {"version": 1, "text": "withdrawn cases included"},
        {"version": 2, "since": "2013-09", "text": "withdrawn cases left out"},
    ]
    year.put("kpis/closed", definition=None, definitions=versions)


HAPPENING: dict[int, Callable[[Year], None]] = {
    5: june, 6: july, 7: august, 8: september, 9: october,
}  # fmt: skip
"""By the month whose figures have just been posted."""


@pytest.fixture(autouse=True)
def new_year(clock: Clock) -> None:
    """Begin before anything is recorded: the journal never goes back."""
    clock.set(2013, 1, 7)


@pytest.fixture
def year(api: Client, small_office: Office, clock: Clock) -> Year:
    fill(
        small_office,
        kpi("closed", kind="flow", reported_by=["exam"]),
        target(">= 1500", kpi="closed", department="office"),
    )
    return Year(api, small_office, clock)


def test_every_page_of_the_year_is_reproduced_byte_by_byte(year: Year) -> None:
    year.look()
    for month in range(1, 13):
        year.clock.set(2013 + month // 12, month % 12 + 1, 5)
        year.post(*posted(month))
        year.look()
        if month in HAPPENING:
            year.clock.forward(days=3)
            HAPPENING[month](year)
            year.look()

    year.clock.set(2015, 1, 1)
    year.post(row("21", month_of(12), denominator=1, reason="the audit of the year"))
    for (at, page, language), before in year.served.items():
        joined = f"{page}{'&' if '?' in page else '?'}as_of={at.replace('+', '%2B')}"
        assert year.read(joined, language) == before, f"{page} of {at} in {language}"

    pages = {page: {was for (_, of, _), was in year.served.items() if of == page} for page in PAGES}
    assert all(len(different) > 2 for different in pages.values()), "the year left its traces"
