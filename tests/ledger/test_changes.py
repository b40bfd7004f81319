"""What came after a position, and the figures of bulk reads: right, and by their indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import TextClause, text

from app.domain.period import Period
from app.intake.review import give_back
from app.ledger import changes, revisions
from app.ledger.posted import posted, statement
from tests.metrics import world

if TYPE_CHECKING:
    from sqlalchemy import Connection, Select

    from app.domain.figure import Figure
    from app.ledger.office import Office
    from tests.clock import Clock


@pytest.fixture
def settled(office: Office, clock: Clock) -> Office:
    """The small office of the metrics' tests, with its year."""
    world.settle(office, clock)
    return office


def position(office: Office) -> int:
    with office.database.read() as connection:
        return office.seen(connection)[1].position


def plan_of(connection: Connection, query: Select[Any] | TextClause, given: dict[str, Any]) -> str:
    """Return how the engine would read; a small table's whole is not offered to it."""
    filled = query.bindparams(**given) if isinstance(query, TextClause) else query.params(given)
    literal = filled.compile(connection, compile_kwargs={"literal_binds": True})
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {literal}")
        return "\n".join(row[3] for row in rows)
    connection.execute(text("SET LOCAL enable_seqscan = off"))
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {literal}"))


def test_what_was_posted_and_what_was_reviewed_since(settled: Office) -> None:
    before = position(settled)
    receipt = world.post(settled, world.row("cases", "mech", "2013-04", 64))
    between = position(settled)
    assert receipt.id is not None
    give_back(settled, receipt.id, world.PLANNER, "again")
    after = position(settled)
    figure = ("cases", "mech", Period.parse("2013-04"))

    with settled.database.read() as connection:
        assert changes.revised(connection, before, after) == {figure}
        assert changes.revised(connection, between, after) == set()
        assert changes.reviewed(connection, before, between) == set()
        assert changes.reviewed(connection, between, after) == {figure}


@pytest.mark.parametrize("departments", [None, {"mech", "elec"}])
def test_figures_in_bulk_are_those_that_are_read_one_by_one(
    settled: Office, departments: set[str] | None
) -> None:
    with settled.database.read() as connection:
        stored, seen = settled.seen(connection)
        found = posted(connection, stored, stored.catalogue.kpis, departments, seen.position)
        known = revisions.figures(connection, stored, upto=seen.position)
        first = {
            (kpi, one.department, one.period): revisions.history(
                connection, kpi, one.department, one.period
            )[0].figure.recorded_at
            for kpi, listed in known.items()
            for one in listed
        }

    listed: dict[tuple[str, str], list[Figure]] = {}
    for kpi, many in known.items():
        for one in many:
            listed.setdefault((kpi, one.department), []).append(one)
    assert found.figures == listed
    assert found.first_recorded(first) == first


def test_what_came_after_a_position_is_found_by_it(settled: Office) -> None:
    with settled.database.read() as connection:
        of_figures = plan_of(connection, changes.REVISED, {"after": 3, "upto": 5})

    assert "ix_revision_submission_id" in of_figures


def test_one_places_figures_are_found_by_their_key(settled: Office) -> None:
    given = {"kpis": [1], "departments": [2], "since": "2013-01", "upto": 9}
    with settled.database.read() as connection:
        found = plan_of(connection, statement(only_some=True), given)

    if settled.database.is_sqlite:
        assert "USING PRIMARY KEY (kpi_id=? AND department_id=? AND period>?)" in found
    else:
        assert "pk_revision" in found
