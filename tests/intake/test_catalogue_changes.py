"""Changes with a meaning: another definition of a KPI, a target revised in mid-year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.kpi import Definition
from app.domain.period import Period
from app.errors import Refused
from app.intake.catalogue import Stored, put
from app.intake.resource_reading import read_resource
from app.intake.resources import KpiResource, TargetResource
from tests.ledger.small_office import PLANNER, fill, kpi, target

if TYPE_CHECKING:
    from app.domain.kpi import Kpi
    from app.domain.target import Target
    from app.intake.resources import AnyResource
    from app.ledger.catalogue import TargetVersion
    from app.ledger.office import Office
    from tests.clock import Clock

FILING = {"version": 1, "text": "from filing"}
REQUEST = {"version": 2, "since": "2013-07", "text": "from the request for examination"}
CLOSED = {"version": 3, "since": "2014-01", "text": "closed cases only"}


@pytest.fixture
def filled(office: Office) -> Office:
    return fill(office)


def stored_kpi(office: Office, code: str = "k") -> Kpi:
    with office.database.read() as connection:
        return office.catalogue(connection).catalogue.kpis[code]


def versions(office: Office) -> tuple[TargetVersion, ...]:
    with office.database.read() as connection:
        listed = office.catalogue(connection).target_versions
    return listed["plan-2013", "pendency", "exam"]


def newest(office: Office) -> Target:
    return versions(office)[-1].target


def codes(office: Office, resource: AnyResource) -> list[tuple[str, str | None]]:
    """Put a resource that is refused; returns what for."""
    with pytest.raises(Refused) as caught:
        put(office, resource, PLANNER)
    return [(found.code, found.column) for found in caught.value.findings]


# --- definitions ------------------------------------------------------------------------------


def test_a_definition_in_other_words_is_no_new_definition(filled: Office) -> None:
    put(filled, kpi("k", definition="from filing"), PLANNER)

    assert put(filled, kpi("k", definition="from the filing"), PLANNER).version == 2
    assert stored_kpi(filled).definitions == ()
    assert stored_kpi(filled).definition_at(Period.parse("2013-09")).version == 1


def test_a_changed_definition_is_told_with_those_before_it(filled: Office) -> None:
    put(filled, kpi("k", definition="from filing"), PLANNER)

    done = put(filled, kpi("k", definitions=[FILING, REQUEST]), PLANNER)

    assert done == Stored(2, created=False, changed=True)
    kept = stored_kpi(filled)
    assert kept.definition == "from the request for examination"
    july = Period.parse("2013-07")
    assert kept.definitions == (
        Definition(1, None, "from filing"),
        Definition(2, july, "from the request for examination"),
    )
    found = [kept.definition_at(july.shift(by)).version for by in (-100, -1, 0, 100)]
    assert found == [1, 1, 2, 2]


def test_what_is_read_can_be_put_back_unchanged(filled: Office) -> None:
    put(filled, kpi("k", definitions=[FILING, REQUEST, CLOSED]), PLANNER)
    document = KpiResource.from_domain(stored_kpi(filled)).model_dump(mode="json")
    assert document["definition"] == "closed cases only"
    assert document["definitions"][1] == REQUEST
    assert document["definitions"][0] == {**FILING, "since": None}

    again = read_resource(KpiResource, document)

    assert not put(filled, again, PLANNER).changed


def test_a_single_definition_in_the_list_is_the_definition(filled: Office) -> None:
    put(filled, kpi("k", definition="from filing"), PLANNER)

    assert not put(filled, kpi("k", definitions=[FILING]), PLANNER).changed


def test_versions_are_not_lost_by_leaving_them_out(filled: Office) -> None:
    put(filled, kpi("k", definitions=[FILING, REQUEST]), PLANNER)

    assert codes(filled, kpi("k", definition="from filing")) == [
        ("definitions_missing", "definitions")
    ]
    mistaken = put(filled, kpi("k", definition="from filing", definitions=[]), PLANNER)
    assert mistaken.changed, "said aloud, a mistake can be taken back"
    assert stored_kpi(filled).definitions == ()


def test_the_definition_is_what_the_newest_version_says() -> None:
    document = kpi("k", definitions=[FILING, REQUEST]).model_dump(mode="json")

    with pytest.raises(Refused) as caught:
        read_resource(KpiResource, {**document, "definition": "from filing"})

    assert [(found.code, found.column) for found in caught.value.findings] == [
        ("definition_differs", "definitions")
    ]


# --- targets ----------------------------------------------------------------------------------


def test_a_revised_target_keeps_what_was_said_of_each_version(filled: Office, clock: Clock) -> None:
    set_at = clock()
    clock.forward(days=30)
    revised = target("<= 21", in_force_from="2013-07", reason="the State Council's revision")
    assert put(filled, revised, PLANNER).version == 2

    first, second = versions(filled)

    assert (str(first.target.goal), first.recorded_at) == ("<= 22.5", set_at)
    assert (first.target.reason, first.target.in_force_from) == (None, None)
    assert (str(second.target.goal), second.recorded_at) == ("<= 21", clock())
    assert second.target.reason == "the State Council's revision"
    assert second.target.in_force_from == Period.parse("2013-07")
    assert second.recorded_by == PLANNER.name


def test_a_reason_given_once_need_not_be_given_again(filled: Office) -> None:
    put(filled, target("<= 21", reason="revised"), PLANNER)

    assert not put(filled, target("<= 21"), PLANNER).changed
    assert not put(filled, target("<= 21", reason="revised"), PLANNER).changed
    assert newest(filled).reason == "revised"


def test_another_reason_for_the_same_target_is_recorded(filled: Office) -> None:
    put(filled, target("<= 21", reason="revised"), PLANNER)

    assert put(filled, target("<= 21", reason="decision 12 of 2013"), PLANNER).version == 3
    assert newest(filled).reason == "decision 12 of 2013"


def test_a_revision_does_not_carry_the_reason_of_the_one_before(filled: Office) -> None:
    put(filled, target("<= 21", reason="revised"), PLANNER)

    assert codes(filled, target("<= 20", reason="revised")) == [("reason_repeated", "reason")]
    assert put(filled, target("<= 20"), PLANNER).version == 3
    assert newest(filled).reason is None


def test_from_when_it_is_in_force_makes_a_new_version_and_is_read_back(filled: Office) -> None:
    given = target("<= 22.5", in_force_from="2013-Q3")

    assert put(filled, given, PLANNER).version == 2
    again = TargetResource.from_domain(newest(filled))
    assert again == given.model_copy(update={"trajectory": again.trajectory})
