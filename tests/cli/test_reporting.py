"""`dabiao reporting`: where every expected figure stands, in both languages."""

from __future__ import annotations

import pytest

from app.cli.context import office
from app.domain.access import Actor, Role
from app.intake.review import approve, give_back
from app.ledger import submissions
from tests.cli.running import columns, dabiao, table

APPROVER = Actor("approver", Role.APPROVER)
LONG_AGO = "2001-01-01T00:00:00+08:00"


def rows(*options: str) -> list[list[str]]:
    """Return the table's rows, without its heading and the rates below it."""
    ran = dabiao("reporting", *options)
    assert (ran.status, ran.err) == (0, "")
    return table("\n".join(ran.out.splitlines()[:-2]))[1:]


@pytest.mark.usefixtures("filled")
def test_a_period_is_shown_with_its_states_and_rates() -> None:
    ran = dabiao("reporting", "--period", "2013-03", "--department", "exam")

    assert (ran.status, ran.err) == (0, "")
    states = {(row[1], row[2]): row[0] for row in table("\n".join(ran.out.splitlines()[:-2]))[1:]}
    document = dabiao("reporting", "--period", "2013-03", "--department", "exam", "--json").json
    assert states == {
        (item["kpi_name"], item["department_name"]): item["state"] for item in document["items"]
    }
    posted, expected = document["completeness"]["posted"], document["completeness"]["expected"]
    assert expected == len(states)
    assert 0 < posted < expected
    assert ran.out.splitlines()[-2].startswith(f"completeness: {posted} / {expected} = 0.")
    assert ran.out.splitlines()[-1].startswith(f"timeliness: 0 / {expected} = 0")
    overdue = [item for item in document["items"] if item["state"] == "overdue"]
    assert all(item["days_overdue"] > 365 for item in overdue)
    assert overdue[0]["due"].endswith("T00:00:00+08:00")


@pytest.mark.usefixtures("filled")
def test_what_an_approver_did_is_seen() -> None:
    with office() as (opened, _):
        with opened.database.read() as connection:
            (newest, *_) = submissions.listed(connection, before=None, limit=1)
        assert newest.id is not None
        give_back(opened, newest.id, APPROVER, "why [so] few?")
        found = rows("--period", "2013")
        assert [row[-1] for row in found if row[0] == "returned"]
        assert {row[-1] for row in found if row[0] == "returned"} == {"why [so] few?"}
        assert {row[-1] for row in found if row[0] != "returned"} == {"-"}


@pytest.mark.usefixtures("filled")
def test_an_approved_figure_is_shown_as_such() -> None:
    with office() as (opened, _):
        with opened.database.read() as connection:
            (newest, *_) = submissions.listed(connection, before=None, limit=1)
        assert newest.id is not None
        done = approve(opened, newest.id, APPROVER)
    shown = dabiao("reporting", "--period", "2013", "--json").json["items"]
    approved = {(i["kpi"], i["department"], i["period"]) for i in shown if i["state"] == "approved"}
    assert approved
    assert approved <= {(kpi, where, str(at)) for kpi, where, at in (f.key for f in done.figures)}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", ["80", "140"])
@pytest.mark.usefixtures("filled")
def test_columns_stand_below_each_other(
    language: str, width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = dabiao("reporting", "--period", "2013-03", "--language", language).out
    assert len(columns("\n".join(shown.splitlines()[:-2]))) == 7
    heading = "状态" if language == "zh" else "state"
    assert shown.startswith(heading)
    assert ("填报率" if language == "zh" else "completeness") in shown.splitlines()[-2]


@pytest.mark.usefixtures("filled")
def test_where_nothing_is_expected_there_is_no_rate() -> None:
    ran = dabiao("reporting", "--as-of", LONG_AGO)
    assert ran.out.splitlines()[-2:] == ["completeness: 0 / 0 = -", "timeliness: 0 / 0 = -"]
    assert dabiao("reporting", "--as-of", LONG_AGO, "--json").json["completeness"] == {
        "expected": 0,
        "posted": 0,
        "ratio": None,
    }


@pytest.mark.usefixtures("filled")
def test_what_is_not_known_is_said() -> None:
    assert dabiao("reporting", "--department", "nowhere").line == "there is no department nowhere"
    assert dabiao("reporting", "--period", "spring").status == 2
