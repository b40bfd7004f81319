"""Change the catalogue: forms, what a change would do to verdicts, and saving it.

Everything goes through `app.intake.catalogue`, as a PUT does; the version that a form was made
from is its If-Match.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from app.domain.finding import Finding
from app.domain.period import Period
from app.domain.target import GoalError, parse_goal
from app.errors import NotFound, PreconditionFailed, Refused
from app.intake.catalogue import name_of, put
from app.intake.catalogue_preview import preview
from app.intake.limits import quotable
from app.intake.resource_reading import read_resource
from app.ledger import catalogue_history
from app.web import catalogue_form, catalogue_preview, catalogue_words, formats
from app.web.admin_users import actor_of
from app.web.catalogue import known_kind
from app.web.catalogue_form import Sheet
from app.web.catalogue_words import things_of
from app.web.forms import Form
from app.web.page import Here
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.catalogue import Catalogue
    from app.intake.resources import AnyResource
    from app.ledger.catalogue import StoredCatalogue
    from app.web.catalogue_words import Thing
    from app.web.forms import Fields
    from app.web.page import Page

router = APIRouter(include_in_schema=False)

_MOST_ROWS: Final = 120
_TAKEN = msg("There is one of this code already; change that one, or give another code.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A form in the making, and what has come of it so far.

    code: of the resource that is changed; None for a new one. base: it, as it is on record now.
    version: the one that the form was made from; 0 for none.
    faults: per field, what is wrong with it; under "" what belongs to none.
    """

    kind: str
    code: str | None
    sheet: Sheet
    base: Thing | None
    version: int
    faults: dict[str, list[str]] = field(default_factory=dict)
    preview: dict[str, Any] | None = None
    conflict: dict[str, Any] | None = None


@router.get("/catalogue/reading", name="catalogue_reading")
def catalogue_reading(
    page: Here, target: str = "", kpi: str = "", overshoot: str = "met"
) -> Response:
    """Say what a target's text becomes, while it is typed."""
    with page.office.database.read() as connection:
        catalogue = page.office.catalogue(connection).catalogue
    return page.render(
        "catalogue_reading.html", reading=_reading(page, catalogue, target, kpi, overshoot)
    )


@router.get("/catalogue/new/{kind}", name="catalogue_new_page")
def catalogue_new_page(page: Here, kind: str) -> Response:
    """Ask for a new resource."""
    known_kind(kind)
    sheet = catalogue_form.blank(kind, dict(page.request.query_params))
    return _shown(page, Draft(kind, None, sheet, None, 0))


@router.post("/catalogue/new/{kind}", name="add_catalogue_entry")
def add(page: Here, form: Form, kind: str) -> Response:
    """Tell what a new resource would do, or make it."""
    known_kind(kind)
    sheet = catalogue_form.filled_in(kind, form)
    return _answered(page, form, Draft(kind, None, sheet, None, 0))


@router.get("/catalogue/edit/{kind}/{code:path}", name="catalogue_edit_page")
def catalogue_edit_page(page: Here, kind: str, code: str) -> Response:
    """Ask for changes of a resource."""
    base, version = _there(page, kind, code)
    return _shown(page, Draft(kind, code, catalogue_form.sheet_of(base), base, version))


@router.post("/catalogue/edit/{kind}/{code:path}", name="save_catalogue_entry")
def save(page: Here, form: Form, kind: str, code: str) -> Response:
    """Tell what a change of a resource would do, or save it."""
    base, newest = _there(page, kind, code)
    sheet = catalogue_form.filled_in(kind, form)
    names = ("plan", "kpi", "department") if kind == "target" else ("code",)
    mine = dict(zip(names, code.split("/"), strict=True))
    sheet = replace(sheet, texts={**sheet.texts, **mine})
    given = form.text("version")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0  # noqa: PLR2004 - of an int
    draft = Draft(kind, code, sheet, base, version)
    if version != newest:
        return _shown(page, _in_conflict(page, draft), status=412)
    return _answered(page, form, draft)


def _answered(page: Page, form: Fields, draft: Draft) -> Response:
    if any(name == "more" for name, _ in form.given):
        rows = sum(name == "point_period" for name, _ in form.given)
        spare = min(rows, _MOST_ROWS) - len(draft.sheet.points)
        return _shown(page, replace(draft, sheet=replace(draft.sheet, spare=max(0, spare))))
    try:
        resource = _resource(page, draft)
        if any(name == "save" for name, _ in form.given):
            return _saved(page, draft, resource)
        return _previewed(page, form, draft, resource)
    except PreconditionFailed:
        return _shown(page, _in_conflict(page, draft), status=412)
    except Refused as error:
        return _shown(page, replace(draft, faults=_faults(page, error.findings)), status=422)
    except _SlipsError as error:
        spoken = {name: [page.speak(text)] for name, text in error.slips.items()}
        return _shown(page, replace(draft, faults=spoken), status=422)


class _SlipsError(Exception):
    """The form itself leaves something open; `slips` holds message ids, per field."""

    def __init__(self, slips: dict[str, str]) -> None:
        super().__init__()
        self.slips = slips


def _resource(page: Page, draft: Draft) -> AnyResource:
    """Return the resource of a form; raises Refused, or _SlipsError."""
    slips = catalogue_form.slips(draft.sheet, draft.base)
    if slips:
        raise _SlipsError(slips)
    model = catalogue_words.model_of(draft.kind)
    given = catalogue_form.document(draft.kind, draft.sheet, draft.base)
    resource: AnyResource = read_resource(model, given)
    if draft.code is None:
        with page.office.database.read() as connection:
            if name_of(resource) in page.office.catalogue(connection).versions:
                raise _SlipsError({"department" if draft.kind == "target" else "code": _TAKEN})
    return resource


def _saved(page: Page, draft: Draft, resource: AnyResource) -> Response:
    seen = draft.version or None
    done = put(page.office, resource, actor_of(page), lambda version: version == seen)
    saved = done.version if done.changed else "same"
    code = name_of(resource)[1]
    return page.go(page.link("catalogue_entry_page", {"saved": saved}, kind=draft.kind, code=code))


def _previewed(page: Page, form: Fields, draft: Draft, resource: AnyResource) -> Response:
    month = _month(form.text("preview") or form.text("month"))
    with page.office.database.read() as connection:
        stored, seen = page.office.seen(connection)
        if stored.versions.get((draft.kind, draft.code or ""), 0) != draft.version:
            raise PreconditionFailed("somebody else has saved meanwhile")
        found = preview(connection, stored, seen, resource)
    told = catalogue_preview.told(page, stored, found, month, seen.today)
    return _shown(page, replace(draft, preview=told))


def _month(text: str) -> Period | None:
    if not text:
        return None
    try:
        return Period.parse(text)
    except ValueError as error:
        found = Finding("unknown_period", None, None, {"text": quotable(text)})
        raise Refused("the month cannot be read", [found]) from error


def _faults(page: Page, findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return what is wrong, beside the field that it is wrong with."""
    say, found = page.site.services.translator.message, dict[str, list[str]]()
    for one in findings:
        column = one.column or ""
        name = "_".join(column.split(".")[:2]) if column.startswith("baseline.") else ""
        name = name or column.partition(".")[0]
        text = say(one, page.language)
        if name not in catalogue_words.LABELS and not name.startswith("baseline_"):
            name, text = "", f"{column}: {text}" if column else text
        found.setdefault(_BESIDE.get(name, name), []).append(text)
    return found


_BESIDE = {"baseline": "baseline_period", "definitions": "definition_since"}
"""Per field of the model that is several of the form, the one beside which findings stand."""


def _in_conflict(page: Page, draft: Draft) -> Draft:
    """Return the draft with what somebody else saved meanwhile, beside what it says itself."""
    assert draft.code is not None  # noqa: S101 - a new resource has no version to be another one
    with page.office.database.read() as connection:
        stored, _ = page.office.seen(connection)
        listed = catalogue_history.versions(connection, stored, draft.kind, draft.code)
    newest = listed[-1]
    seen = listed[draft.version - 1].thing if 0 < draft.version < len(listed) else None
    told = {
        "by": newest.recorded_by,
        "at": formats.instant(newest.recorded_at, page.office.zone),
        "theirs": _changed(page, stored, draft.kind, seen, newest.thing),
        "mine": None,
    }
    draft = replace(draft, base=newest.thing, version=newest.number, conflict=told)
    try:
        mine = _thing(stored, draft)
    except Refused as error:
        return replace(draft, faults=_faults(page, error.findings))
    told["mine"] = _changed(page, stored, draft.kind, newest.thing, mine)
    return draft


def _thing(stored: StoredCatalogue, draft: Draft) -> Thing:
    """Return what a form says of what is on record; raises Refused."""
    model = catalogue_words.model_of(draft.kind)
    resource = read_resource(model, catalogue_form.document(draft.kind, draft.sheet, draft.base))
    kinds = (stored.catalogue.kpis[resource.kpi].kind,) if draft.kind == "target" else ()
    thing: Thing = resource.to_domain(*kinds)
    return thing


def _changed(
    page: Page, stored: StoredCatalogue, kind: str, before: Thing | None, after: Thing
) -> list[catalogue_words.Difference]:
    if before is None:
        return []
    return catalogue_words.differences(page, stored, kind, before, after)


def _there(page: Page, kind: str, code: str) -> tuple[Thing, int]:
    """Return a resource on record and its version; raises NotFound."""
    known_kind(kind)
    with page.office.database.read() as connection:
        stored = page.office.catalogue(connection)
    found = things_of(stored.catalogue, kind).get(code)
    if found is None:
        raise NotFound(f"there is no {kind} {code}")
    return found, stored.versions[kind, code]


def _reading(
    page: Page, catalogue: Catalogue, text: str, kpi: str, overshoot: str
) -> tuple[bool, str]:
    """Return whether a target's text can be read, and what it becomes or what is wrong with it."""
    if not text.strip():
        return True, ""
    measured = catalogue.kpis.get(kpi)
    try:
        goal = parse_goal(catalogue_form.goal_text(text))
    except GoalError as error:
        found = Finding("not_a_target", None, None, {"problem": str(error)})
        return False, page.site.services.translator.message(found, page.language)
    unit = "" if measured is None else page.unit(measured)
    return True, catalogue_words.goal_reading(page, goal, unit, overshoot)


def _shown(page: Page, draft: Draft, *, status: int = 200) -> Response:
    with page.office.database.read() as connection:
        stored, _ = page.office.seen(connection)
    catalogue, sheet = stored.catalogue, draft.sheet
    base = draft.base
    typed = [sheet.text(name) for name in ("target", "kpi", "overshoot")]
    # What is wrong with it is said once.
    reading = (True, "") if "target" in draft.faults else _reading(page, catalogue, *typed)
    return page.render(
        "catalogue_edit.html",
        status=status,
        headers={"Cache-Control": "no-store"},
        draft=draft,
        sheet=sheet,
        title=None if base is None else catalogue_words.title(page, catalogue, base),
        labels=catalogue_words.LABELS,
        choices=catalogue_words.CHOICES,
        offered=_offered(page, catalogue),
        reading=reading,
        periods=_periods(catalogue, sheet),
        same_start=base is not None
        and draft.kind == "target"
        and sheet.text("in_force_from")
        in ("", catalogue_form.sheet_of(base).text("in_force_from")),
        definitions=getattr(base, "definitions", ()),
        reason_before=getattr(base, "reason", None),
    )


def _offered(page: Page, catalogue: Catalogue) -> dict[str, list[tuple[str, str]]]:
    """Return what the forms choose from: code and text; departments indented as their tree."""
    codes = sorted(catalogue.departments, key=lambda code: list(catalogue.upwards(code))[::-1])
    indented = [
        "\u2003" * (len(list(catalogue.upwards(code))) - 1) + page.name(catalogue.departments[code])
        for code in codes
    ]
    return {
        "plan": [(code, page.name(one)) for code, one in sorted(catalogue.plans.items())],
        "kpi": [
            (code, f"{page.name(one)} ({code})") for code, one in sorted(catalogue.kpis.items())
        ],
        "department": list(zip(codes, indented, strict=True)),
    }


def _periods(catalogue: Catalogue, sheet: Sheet) -> list[Period]:
    """Return the plan's periods, to be suggested where one is asked for."""
    plan = catalogue.plans.get(sheet.text("plan"))
    kpi = catalogue.kpis.get(sheet.text("kpi"))
    if plan is None or kpi is None:
        return []
    return catalogue_words.periods_choice(plan, kpi.frequency)
