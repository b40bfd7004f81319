"""The catalogue: plans, departments, KPIs and targets, searched, and each with all its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.target import Target
from app.errors import NotFound
from app.ledger import catalogue_history
from app.web import asked, catalogue_words, formats
from app.web.catalogue_words import KINDS, things_of
from app.web.page import Here
from app.web.targets_shown import goal_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from app.domain.catalogue import Catalogue
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

ROWS: Final = 50
"""Resources on one page of a list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as the address says it; None for what is not."""

    kind: str
    text: str | None
    plan: str | None
    day: dt.date | None
    place: int

    @classmethod
    def of(cls, page: Page) -> Asked:
        """Read the address; raises Refused."""
        kind = asked.word(page, "kind") or ""
        return cls(
            kind=kind if kind in KINDS else "target",
            text=asked.word(page, "q"),
            plan=asked.word(page, "plan"),
            day=asked.day(page, "as_of"),
            place=asked.place(page, "page"),
        )

    def query(self, **other: object) -> dict[str, object]:
        """Return the address of the same, but for what is given otherwise."""
        mine = {"kind": self.kind, "q": self.text, "plan": self.plan, "as_of": self.day}
        return {**mine, **other}


@router.get("/catalogue", name="catalogue_page")
def catalogue_page(page: Here) -> Response:
    """List one kind of resource, and count what is found of the others."""
    wanted, office = Asked.of(page), page.office
    with office.database.read() as connection:
        stored, _ = office.seen(connection, asked.end_of(wanted.day, page))
    catalogue = stored.catalogue
    found = {kind: _found(catalogue, kind, wanted) for kind in KINDS}
    listed, start = found[wanted.kind], (wanted.place - 1) * ROWS
    shown = listed[start : start + ROWS]
    return page.render(
        "catalogue.html",
        asked=wanted,
        kinds=[(kind, page.speak(text), len(found[kind])) for kind, text in KINDS.items()],
        total=len(listed),
        pages=-(-len(listed) // ROWS),
        plans=sorted(catalogue.plans.values(), key=lambda one: one.code),
        rows=_ROWS[wanted.kind](page, catalogue, shown),
        may_change=page.may("catalogue_new_page") and wanted.day is None,
    )


@router.get("/catalogue/{kind}/{code:path}", name="catalogue_entry_page")
def catalogue_entry_page(page: Here, kind: str, code: str) -> Response:
    """Show a resource with all its versions, as of a day."""
    day, office = asked.day(page, "as_of"), page.office
    known_kind(kind)
    with office.database.read() as connection:
        stored, _ = office.seen(connection, asked.end_of(day, page))
        listed = catalogue_history.versions(connection, stored, kind, code)
    if not listed:
        raise NotFound(f"there is no {kind} {code}")
    thing, catalogue = listed[-1].thing, stored.catalogue
    changed = catalogue_words.changes(page, stored, kind, listed)
    return page.render(
        "catalogue_entry.html",
        kind=kind,
        code=code,
        day=day,
        title=catalogue_words.title(page, catalogue, thing),
        told=catalogue_words.tell(page, stored, kind, thing),
        thing=thing,
        versions=[
            {
                "number": version.number,
                "at": formats.instant(version.recorded_at, office.zone),
                "by": version.recorded_by,
                "reason": getattr(version.thing, "reason", None),
                "changes": [one for one in differences or () if one.label != _reason(page)],
                "is_first": differences is None,
            }
            for version, differences in changed
        ],
        saved=_saved(page, listed[-1].number),
        related=_related(page, catalogue, kind, thing),
        may_change=page.may("catalogue_edit_page") and day is None,
    )


def known_kind(kind: str) -> None:
    """See to it that there is such a kind of resource; raises NotFound."""
    if kind not in KINDS:
        raise NotFound(f"there is no kind of resource {kind}")


def _reason(page: Page) -> str:
    return page.speak(catalogue_words.LABELS["reason"])


def _saved(page: Page, newest: int) -> str | None:
    """Tell what was saved just now: the newest version, `same` where nothing differed."""
    saved = asked.word(page, "saved")
    return saved if saved in {"same", str(newest)} else None


def _found(catalogue: Catalogue, kind: str, wanted: Asked) -> list[tuple[str, Any]]:
    """Return what of a kind is asked for, by code; departments in the order of their tree."""
    things = things_of(catalogue, kind)
    if kind == "department":
        codes = sorted(things, key=lambda code: list(catalogue.upwards(code))[::-1])
    else:
        codes = sorted(things)
    return [
        (code, things[code])
        for code in codes
        if _matches(catalogue, things[code], code, wanted.text)
        and (kind != "target" or wanted.plan in (None, things[code].plan))
    ]


def _matches(catalogue: Catalogue, thing: Any, code: str, text: str | None) -> bool:  # noqa: ANN401 - a resource of any kind
    if text is None:
        return True
    if isinstance(thing, Target):
        named: tuple[Any, ...] = (
            catalogue.kpis[thing.kpi],
            catalogue.departments[thing.department],
        )
        words = [str(thing.goal), thing.source or ""]
    else:
        named, words = (thing,), [getattr(thing, "source", None) or ""]
        words.append(getattr(thing, "definition", None) or "")
    names = [name for one in named for name in (one.name_zh, one.name_en)]
    return any(text.casefold() in one.casefold() for one in (code, *names, *words))


def _plans(page: Page, catalogue: Catalogue, listed: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    counts = _counts(catalogue, 0)
    return [
        {
            "code": code,
            "name": page.name(plan),
            "span": f"{formats.period(plan.start, page.speak)} – "
            f"{formats.period(plan.end, page.speak)}",
            "source": plan.source,
            "targets": counts.get(code, 0),
        }
        for code, plan in listed
    ]


def _departments(
    page: Page, catalogue: Catalogue, listed: list[tuple[str, Any]]
) -> list[dict[str, Any]]:
    counts = _counts(catalogue, 2)
    reporting: dict[str, int] = {}
    for codes in catalogue.reporters.values():
        for code in codes:
            reporting[code] = reporting.get(code, 0) + 1
    kinds = catalogue_words.CHOICES["department_kind"]
    return [
        {
            "code": code,
            "name": page.name(one),
            "depth": min(len(list(catalogue.upwards(code))) - 1, 6),
            "kind": page.speak(kinds[one.kind]),
            "kpis": reporting.get(code, 0),
            "targets": counts.get(code, 0),
        }
        for code, one in listed
    ]


def _kpis(page: Page, catalogue: Catalogue, listed: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    counts = _counts(catalogue, 1)
    return [
        {
            "code": code,
            "name": page.name(kpi),
            "unit": page.unit(kpi),
            "kind": page.speak(kpi.kind),
            "frequency": page.speak(catalogue_words.CHOICES["frequency"][kpi.frequency]),
            "definition": kpi.definition,
            "versions": len(kpi.definitions) or 1,
            "reporters": len(kpi.reported_by),
            "targets": counts.get(code, 0),
        }
        for code, kpi in listed
    ]


def _targets(
    page: Page, catalogue: Catalogue, listed: list[tuple[str, Any]]
) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "kpi": page.name(catalogue.kpis[target.kpi]),
            "department": page.name(catalogue.departments[target.department]),
            "plan": page.name(catalogue.plans[target.plan]),
            "goal": goal_of(page, catalogue.kpis[target.kpi], target),
            "text": str(target.goal),
            "due": formats.period(target.due, page.speak),
            "version": target.version,
            "source": target.source,
            "href": page.link(
                "target_page", plan=target.plan, kpi=target.kpi, department=target.department
            ),
        }
        for code, target in listed
    ]


_ROWS: Final = {
    "plan": _plans,
    "department": _departments,
    "kpi": _kpis,
    "target": _targets,
}


def _counts(catalogue: Catalogue, place: int) -> Mapping[str, int]:
    """Return, per plan (0), KPI (1) or department (2), how many targets it has."""
    found: dict[str, int] = {}
    for key in catalogue.targets:
        found[key[place]] = found.get(key[place], 0) + 1
    return found


def _related(page: Page, catalogue: Catalogue, kind: str, thing: Any) -> list[dict[str, str]]:  # noqa: ANN401 - a resource of any kind
    """Return the targets that hang on a plan, a department or a KPI; of a target, none."""
    if kind == "target":
        return []
    place = ("plan", "kpi", "department").index(kind)
    return [
        {
            "text": " · ".join(
                [
                    page.name(catalogue.plans[key[0]]),
                    page.name(catalogue.kpis[key[1]]),
                    page.name(catalogue.departments[key[2]]),
                ]
            ),
            "goal": goal_of(page, catalogue.kpis[key[1]], target),
            "code": "/".join(key),
        }
        for key, target in sorted(catalogue.targets.items())
        if key[place] == thing.code
    ][:ROWS]
