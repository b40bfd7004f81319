"""The shipped catalogues and figures load, on both engines, and say what was really the case."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.access import Actor, Role
from app.domain.attainment import Status
from app.domain.figure import ObservationStatus
from app.domain.finding import Severity
from app.intake.folder import Loaded, load_folder
from app.ledger import revisions
from app.ledger.scoreboard import Line, Selection, scoreboard
from app.ledger.submissions import Outcome
from tests.factories import period
from tests.ledger.small_office import assert_whole, count_rows

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.clock import Clock

SEEDS = Path(__file__).parent.parent / "seeds"
FOLDERS = sorted(path for path in SEEDS.iterdir() if path.is_dir())
ILLUSTRATIVE = [folder for folder in FOLDERS if folder.name.endswith("-illustrative")]
REAL = [folder for folder in FOLDERS if folder not in ILLUSTRATIVE]
LOADER = Actor("command line", Role.ADMIN)


@pytest.fixture
def today(clock: Clock) -> None:
    """Let it be a day after everything that is in the seeds."""
    clock.set(2018, 3, 1)


def load(office: Office, folders: list[Path]) -> dict[str, Loaded]:
    """Load folders; fails with the findings of whatever was refused."""
    loaded = {folder.name: load_folder(office, folder, LOADER) for folder in folders}
    errors = [
        (receipt.filename, found)
        for one in loaded.values()
        for receipt in one.receipts
        for found in receipt.result.findings
        if found.severity is Severity.ERROR
    ]
    assert errors == []
    outcomes = {r.result.outcome for one in loaded.values() for r in one.receipts}
    assert outcomes == {Outcome.ACCEPTED}
    return loaded


def line(office: Office, kpi: str, asked: str | None = None) -> Line:
    """Return the one line of a KPI, at the period asked for."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        at = None if asked is None else period(asked)
        (found,) = scoreboard(connection, stored, seen, Selection(kpi=kpi), at)
    return found


def actual(one: Line) -> Decimal | None:
    value = one.verdict.actual
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


@pytest.mark.usefixtures("today")
def test_the_real_seeds_load_and_their_verdicts_are_the_official_ones(office: Office) -> None:
    load(office, REAL)
    first, total = line(office, "uspto-first-action-pendency"), line(office, "uspto-total-pendency")
    assert (first.verdict.status, actual(first)) == (Status.MISSED, Decimal(28))
    assert (total.verdict.status, actual(total)) == (Status.ATTAINED, Decimal("33.7"))
    patents = line(office, "invention-patents-per-10k", "2015")
    assert (patents.verdict.status, actual(patents)) == (Status.ATTAINED, Decimal("6.3"))
    assert patents.verdict.attained is True
    assert_whole(office.database)


@pytest.mark.usefixtures("today")
def test_february_2011_was_restated_with_a_reason(office: Office) -> None:
    load(office, [SEEDS / "uspto-fiscal-2011"])
    with office.database.read() as connection:
        one, two = revisions.history(
            connection, "uspto-first-action-pendency", "uspto", period("2011-02")
        )
    assert (one.figure.amount.value, two.figure.amount.value) == (Decimal(25), Decimal("24.5"))
    assert (one.figure.revision, two.figure.revision) == (1, 2)
    assert one.reason is None
    assert two.reason is not None
    assert "25.0" in two.reason


@pytest.mark.usefixtures("today")
def test_every_folder_in_the_order_of_the_alphabet_loads_and_again_changes_nothing(
    office: Office,
) -> None:
    """The illustrative year comes after the plan that it is for, and no figure of it is real."""
    loaded = load(office, FOLDERS)
    (name,) = (folder.name for folder in ILLUSTRATIVE)
    assert loaded[name].resources == 0
    invented = {receipt.id for receipt in loaded[name].receipts}
    with office.database.read() as connection:
        before = count_rows(connection)
        listed = revisions.figures(connection, office.catalogue(connection))
    figures = [figure for of_kpi in listed.values() for figure in of_kpi]
    estimated = ObservationStatus.ESTIMATED
    assert {f.observation_status for f in figures if f.submission in invented} == {estimated}
    assert estimated not in {f.observation_status for f in figures if f.submission not in invented}
    again = load(office, FOLDERS)
    assert {one.resources for one in again.values()} == {0}
    assert [one.receipts for one in again.values()] == [one.receipts for one in loaded.values()]
    with office.database.read() as connection:
        assert count_rows(connection) == before


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("folder", REAL, ids=lambda folder: folder.name)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_real_folder_loads_by_itself(office: Office, folder: Path) -> None:
    loaded = load_folder(office, folder, LOADER)
    assert loaded.resources > 0
    assert {receipt.result.outcome for receipt in loaded.receipts} <= {Outcome.ACCEPTED}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_illustrative_year_without_its_plan_is_refused_and_loads_after_it(
    office: Office, clock: Clock
) -> None:
    clock.set(2014, 1, 5)
    (folder,) = ILLUSTRATIVE
    alone = load_folder(office, folder, LOADER)
    assert {receipt.result.outcome for receipt in alone.receipts} == {Outcome.REFUSED}
    load(office, [SEEDS / "cnipa-work-plan-2013", folder])


@pytest.mark.usefixtures("today")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_target_of_the_work_plan_waits_for_its_figures(office: Office) -> None:
    load_folder(office, SEEDS / "cnipa-work-plan-2013", LOADER)
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        lines = scoreboard(connection, stored, seen)
    assert len(lines) == 179
    assert {one.verdict.status for one in lines} == {Status.NO_DATA}
    assert {len(one.subject.members) for one in lines} == {1}
