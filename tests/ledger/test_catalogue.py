from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from app.errors import Refused
from app.intake.catalogue import put
from app.ledger import catalogue, journal
from app.ledger.catalogue import CatalogueReader
from tests.ledger.small_office import PLANNER, department, fill, kpi, plan, row, send, target

if TYPE_CHECKING:
    from app.domain.catalogue import Catalogue
    from app.ledger.office import Office
    from tests.clock import Clock


def at(office: Office, position: int) -> Catalogue:
    """Read the catalogue as of a position, from the tables themselves."""
    with office.database.read() as connection:
        return catalogue.read(connection, position).catalogue


def test_an_empty_ledger_has_an_empty_catalogue(office: Office) -> None:
    read = at(office, 0)
    assert (read.plans, read.departments, read.kpis, read.targets) == ({}, {}, {}, {})


def test_every_resource_is_read_as_of_a_position(office: Office) -> None:
    fill(office)
    fill(office, target("<= 20"))
    fill(office, plan(start="2013-02"), department("law", parent="exam"))
    fill(office, kpi("platforms", kind="stock", reported_by=["north", "law"], maximum="9"))
    key = ("plan-2013", "pendency", "exam")
    one, two, three, four = (at(office, position) for position in (1, 2, 3, 4))
    assert [str(c.targets[key].goal) for c in (one, two, four)] == ["<= 22.5", "<= 20", "<= 20"]
    assert [c.targets[key].version for c in (one, two, four)] == [1, 2, 2]
    assert [str(c.plans["plan-2013"].start) for c in (two, three)] == ["2013-01", "2013-02"]
    assert [c.departments["law"].parent for c in (two, three)] == ["office", "exam"]
    assert [c.kpis["platforms"].reported_by for c in (three, four)] == [("law",), ("law", "north")]
    assert [c.kpis["platforms"].maximum for c in (three, four)] == [None, 9]


def test_a_reader_keeps_what_it_has_read_and_gives_the_right_one(office: Office) -> None:
    fill(office)
    for upper in range(1, 9):
        fill(office, target(f"<= {upper}"))
    reader = CatalogueReader()
    with office.database.read() as connection:
        for position in (1, 9, 2, 8, 3, 7, 9, 1):
            stored = reader.at(connection, position)
            assert stored == catalogue.read(connection, position)
        assert reader.at(connection, 1) is reader.at(connection, 1)
        assert len(reader._kept) <= CatalogueReader._KEPT


def test_a_reader_reads_nothing_anew_for_a_figure(office: Office) -> None:
    fill(office)
    with office.database.read() as connection:
        before = office.catalogue(connection)
    send(office, row("20"))
    with office.database.read() as connection:
        assert journal.position(connection) == 2
        assert office.catalogue(connection) is before


class CommitFailsError(Exception):
    """Raised in the place of a commit."""


def test_a_put_that_could_not_be_committed_is_not_remembered(office: Office) -> None:
    """The next write gets its number in the journal, and must not get its catalogue."""
    fill(office)

    def fail(_connection: object) -> None:
        raise CommitFailsError

    event.listen(office.database.engine, "commit", fail)
    with pytest.raises(CommitFailsError):
        put(office, target("<= 1"), PLANNER)
    event.remove(office.database.engine, "commit", fail)
    assert put(office, target("<= 2"), PLANNER).version == 2
    with office.database.read() as connection:
        found = office.catalogue(connection).catalogue.targets["plan-2013", "pendency", "exam"]
    assert str(found.goal) == "<= 2"


def test_a_refused_put_leaves_no_entry(office: Office) -> None:
    fill(office)
    with pytest.raises(Refused):
        put(office, target("<= 1", plan="plan-1999"), PLANNER)
    with office.database.read() as connection:
        assert journal.position(connection) == 1


def test_the_catalogue_of_an_instant_is_that_of_its_position(office: Office, clock: Clock) -> None:
    fill(office)
    before = clock()
    clock.forward(days=1)
    fill(office, target("<= 20"))
    with office.database.read() as connection:
        then, moment_then = office.seen(connection, before)
        now, moment_now = office.seen(connection)
    key = ("plan-2013", "pendency", "exam")
    assert (str(then.catalogue.targets[key].goal), moment_then.position) == ("<= 22.5", 1)
    assert (str(now.catalogue.targets[key].goal), moment_now.position) == ("<= 20", 2)
    assert (moment_then.today, moment_now.today) == (before.date(), clock().date())
