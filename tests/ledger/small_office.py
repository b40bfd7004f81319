"""A small office in a database: its catalogue, its people, and short ways to post figures to it.

::

    office ─┬─ exam ── exam-east
            ├─ law
            ├─ north, south    (both are named 地方局, "Regional office")
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from app.domain.access import Actor, Role
from app.domain.catalogue import Catalogue
from app.domain.period import Period
from app.domain.user import Profile
from app.errors import NotAuthenticated
from app.intake.acknowledgement import NoteResource, acknowledge
from app.intake.catalogue import Placed, load
from app.intake.resources import (
    RESOURCES,
    AnyResource,
    DepartmentResource,
    KpiResource,
    PlanResource,
    TargetResource,
)
from app.intake.review import give_back
from app.intake.submission import JSON, Post, read, receive
from app.ledger import backups, keys, passwords, revisions, tables, users
from app.ledger.backups import Made, Way
from app.ledger.chain import START
from app.ledger.key_uses import KeyUses
from app.ledger.signing_in import sign_in
from app.ledger.submissions import OnError, Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from app.domain.user import User
    from app.intake.resources import ResourceName
    from app.intake.submission import Delivery
    from app.ledger.database import Database
    from app.ledger.office import Office
    from app.ledger.revisions import Revision
    from app.ledger.submissions import Receipt

ADMIN = Actor("admin", Role.ADMIN)
PLANNER = Actor("planner", Role.PLANNER)
REPORTER = Actor("reporter", Role.REPORTER)
APPROVER = Actor("approver", Role.APPROVER)


def resource(kind: ResourceName, /, **fields: object) -> AnyResource:
    """Return a resource read as from a document; a plain name stands in for both languages'."""
    name = fields.pop("name", None)
    names = {} if name is None else {"name_zh": name, "name_en": name}
    return RESOURCES[kind].model_validate({**names, **fields})


def department(code: str, **fields: object) -> DepartmentResource:
    """Return a department below `office` unless told."""
    defaults = {"name": code, "kind": "department", "parent": "office"}
    made = resource("department", code=code, **{**defaults, **fields})
    assert isinstance(made, DepartmentResource)
    return made


def kpi(code: str, **fields: object) -> KpiResource:
    """Return a monthly level that `law` reports unless told."""
    defaults = {"name": code, "unit_zh": "个", "unit_en": "units", "kind": "level"}
    more = {"frequency": "M", "reported_by": ["law"]}
    made = resource("kpi", code=code, **{**defaults, **more, **fields})
    assert isinstance(made, KpiResource)
    return made


def plan(code: str = "plan-2013", **fields: object) -> PlanResource:
    """Return a plan of the year 2013 unless told."""
    defaults = {"name": code, "start": "2013-01", "end": "2013-12"}
    made = resource("plan", code=code, **{**defaults, **fields})
    assert isinstance(made, PlanResource)
    return made


def target(text: str, **fields: object) -> TargetResource:
    """Return a target of plan-2013 for exam's pendency, due in December, unless told."""
    defaults = {"plan": "plan-2013", "kpi": "pendency", "department": "exam", "due": "2013-12"}
    made = resource("target", target=text, **{**defaults, **fields})
    assert isinstance(made, TargetResource)
    return made


CATALOGUE: tuple[AnyResource, ...] = (
    department("office", kind="office", parent=None),
    department("exam", name_zh="审查部", name_en="Examination", name=None),
    department("exam-east", kind="centre", parent="exam"),
    department("law"),
    department("north", kind="region", name_zh="地方局", name_en="Regional office", name=None),
    department("south", kind="region", name_zh="地方局", name_en="Regional office", name=None),
    plan(),
    kpi(
        "pendency",
        name_zh="审查周期",
        name_en="Pendency",
        name=None,
        minimum="0",
        maximum="100",
        reported_by=["exam", "exam-east"],
    ),
    kpi("cases", kind="flow", reported_by=["exam", "exam-east"]),
    kpi("platforms", kind="stock", early_figures=True),
    kpi("per-capita", kind="ratio", frequency="A", factor="10000", reported_by=["north", "south"]),
    kpi("standard", kind="milestone"),
    kpi("fees", frequency="Q", reported_by=["exam"]),
    kpi("twin-a", name_zh="双生", name_en="Twin", name=None),
    kpi("twin-b", name_zh="双生", name_en="Twin", name=None),
    target("<= 22.5"),
    target("<= 24", department="office"),
    target("~ 20", kpi="platforms", department="law"),
    target("done", kpi="standard", department="law"),
)


def small_catalogue() -> Catalogue:
    """Return the small office's catalogue without any database."""
    plans = {one.code: one.to_domain() for one in CATALOGUE if isinstance(one, PlanResource)}
    kpis = {one.code: one.to_domain() for one in CATALOGUE if isinstance(one, KpiResource)}
    tree = {one.code: one.to_domain() for one in CATALOGUE if isinstance(one, DepartmentResource)}
    targets = {
        (one.plan, one.kpi, one.department): one.to_domain(kpis[one.kpi].kind)
        for one in CATALOGUE
        if isinstance(one, TargetResource)
    }
    return Catalogue(plans, tree, kpis, targets)


def fill(office: Office, *more: AnyResource) -> Office:
    """Load the small office's catalogue, or (given any) these resources; returns the office."""
    load(office, [Placed(one) for one in more or CATALOGUE], PLANNER, "small office")
    return office


Row = dict[str, object]


def row(value: object = None, at: str = "2013-03", /, **fields: object) -> Row:
    """Return a row about exam's pendency in March 2013 unless told; a `value` of None is left."""
    figure = {} if value is None else {"value": value}
    return {"kpi": "pendency", "department": "exam", "period": at, **figure, **fields}


def delivery(
    *rows: Mapping[str, object],
    actor: Actor = REPORTER,
    on_error: OnError = OnError.REJECT,
    key: str | None = None,
) -> Delivery:
    """Return the rows as a JSON delivery that has been read."""
    body = json.dumps({"actuals": rows}, ensure_ascii=False).encode()
    return read(Post(body, JSON, on_error=on_error, idempotency_key=key), actor)


def send(
    office: Office,
    *rows: Mapping[str, object],
    actor: Actor = REPORTER,
    on_error: OnError = OnError.REJECT,
    key: str | None = None,
) -> Receipt:
    """Post rows; returns the receipt, also of a refusal."""
    return receive(office, delivery(*rows, actor=actor, on_error=on_error, key=key), actor)


def issue_key(office: Office, name: str, *departments: str, revoke: bool = False) -> Actor:
    """Make a reporter's key; returns its bearer, who can do nothing once it is revoked."""
    new = keys.NewKey(name, Role.REPORTER, departments)
    now = office.clock()
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        number, secret = keys.create(connection, stored, new, actor=ADMIN, now=now)
        bearer = keys.find(connection, secret, now)
        if revoke:
            keys.revoke(connection, number, actor=ADMIN, now=now)
    assert bearer is not None
    return bearer


def add_user(
    office: Office, name: str, role: Role, *departments: str, password: str | None = None
) -> User:
    """Make a user of that name in both languages, who can sign in where there is a password."""
    now = office.clock()
    made = None if password is None else passwords.hashed(password)
    with office.database.write() as connection:
        stored = office.catalogue(connection)
        profile = Profile(name, name, role, departments)
        user = users.create(connection, stored, name, profile, actor=ADMIN, now=now)
        if made is not None:
            users.set_password(connection, user, made, actor=ADMIN, now=now)
    return user


def put_a_row_into_every_table(office: Office) -> None:
    """Use every part of the ledger once, so that no table is empty, and what stands beside it."""
    fill(office)
    user = add_user(office, "wang.min", Role.REPORTER, "exam", password="correct horse battery")
    sign_in(office, "wang.min", "correct horse battery", "192.0.2.1")
    with pytest.raises(NotAuthenticated):
        sign_in(office, "wang.min", "wrong", "192.0.2.1")
    rotated = issue_key(office, "rotated", "exam")
    assert rotated.key is not None
    with office.database.write() as connection:
        stored, now = office.catalogue(connection), office.clock()
        keys.rotate(connection, stored, rotated.key, actor=ADMIN, now=now)
    uses = KeyUses(office.database)
    uses.note(rotated.key, office.clock())
    uses.close()
    sender = issue_key(office, "sender", "exam")
    issue_key(office, "former sender", revoke=True)
    accepted = send(office, row("22.5"), actor=sender, key="k")
    assert accepted.result.outcome is Outcome.ACCEPTED
    assert accepted.id is not None
    assert give_back(office, accepted.id, APPROVER, "why so many?").figures
    typed = send(office, row("21", "2013-05"), actor=user.actor, key="k")
    assert typed.result.outcome is Outcome.ACCEPTED
    stands_by_it = send(office, row("22.5"), row("22", "2013-04"), actor=sender)
    assert [found.code for found in stands_by_it.result.findings] == ["figure_returned"]
    assert stands_by_it.id is not None
    answer = NoteResource(finding=1, note="Counted again")
    assert acknowledge(office, stands_by_it.id, [answer], ADMIN).recorded == 1
    assert send(office, row("nonsense"), actor=sender).result.outcome is Outcome.REFUSED
    backups.note(office.database, Made(office.clock(), "cron", Way.FILE, "office.db", 1, START))


def history(office: Office, at: str = "2013-03", **fields: str) -> list[Revision]:
    """Return every revision of a figure, exam's pendency in March 2013 unless told."""
    named = row(period=at, **fields)
    kpi_code, department_code = str(named["kpi"]), str(named["department"])
    with office.database.read() as connection:
        return revisions.history(connection, kpi_code, department_code, Period.parse(at))


def count_rows(connection: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    return {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for name, table in tables.metadata.tables.items()
    }


def rows_in_tables(office: Office) -> dict[str, int]:
    """Return how many rows each table of the ledger has."""
    with office.database.read() as connection:
        return count_rows(connection)


def assert_whole(database: Database) -> None:
    """Hold the record against what it promises; raises AssertionError naming what is broken."""
    with database.read() as connection:
        entries = connection.execute(select(tables.journal).order_by(tables.journal.c.id)).all()
        submissions = connection.execute(select(tables.submission)).all()
        listed = connection.execute(
            select(tables.revision).order_by(
                tables.revision.c.kpi_id,
                tables.revision.c.department_id,
                tables.revision.c.period,
                tables.revision.c.revision,
            )
        ).all()
    assert [entry.id for entry in entries] == list(range(1, len(entries) + 1)), "a gap"
    assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(entries)), "time ran backwards"
    made: dict[int, list[int]] = {}
    numbers: dict[tuple[int, int, str], int] = {}
    for line in listed:
        figure = (line.kpi_id, line.department_id, line.period)
        assert line.revision == numbers.get(figure, 0) + 1, f"revision {line.revision} of {figure}"
        numbers[figure] = line.revision
        made.setdefault(line.submission_id, []).append(line.revision)
    for one in submissions:
        parts = one.created + one.revised + one.unchanged + one.rejected
        assert one.received == parts, f"submission {one.id} loses count"
        mine = made.pop(one.id, [])
        created = sum(number == 1 for number in mine)
        assert (one.created, one.revised) == (created, len(mine) - created), f"{one.id} is half"
        assert one.outcome != Outcome.REFUSED or not mine, f"{one.id} was refused and yet stands"
    assert made == {}, "revisions without a submission"
