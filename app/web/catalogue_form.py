"""The catalogue's forms: a resource as fields, and fields as the document that a PUT would bear."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from app.domain.kpi import Department, Kpi, Plan
from app.domain.number import NumberError, write_number
from app.domain.target import Target
from app.intake.spelling import read_number, read_period
from app.web.words import msg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from app.domain.period import Period
    from app.web.catalogue_words import Thing
    from app.web.forms import Fields

_NAMES: Final = ("name_zh", "name_en")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "plan": ("code", *_NAMES, "start", "end", "source"),
    "department": ("code", *_NAMES, "kind", "parent"),
    "kpi": (
        *("code", *_NAMES, "unit_zh", "unit_en", "kind", "frequency", "direction", "decimals"),
        *("due_days", "factor", "monotone", "minimum", "maximum", "early_figures", "definition"),
        *("definition_is", "definition_since", "newest_since", "sum_of", "sum_over"),
    ),
    "target": (
        *("plan", "kpi", "department", "target", "due", "overshoot", "tolerance_band"),
        *("baseline_period", "baseline_value", "shape", "weight", "source", "in_force_from"),
        "reason",
    ),
}
"""Per kind of resource, its fields with one value each."""

_NUMBERS: Final = ("decimals", "due_days", "factor", "minimum", "maximum")
_NUMBERS_OF_TARGET: Final = ("tolerance_band", "weight")
_PERIODS: Final = ("start", "end", "due", "in_force_from")
_NEEDED: Final = frozenset(
    (*_NAMES, "code", "unit_zh", "unit_en", "plan", "kpi", "department", "target")
) | {"start", "end", "due"}
"""What is given also where it is blank: then it is missing, and is told so."""

_WIDE: Final = str.maketrans({"\N{WAVE DASH}": "~", "\N{IDEOGRAPHIC FULL STOP}": "."})
POINT_ROWS: Final = 3
"""Blank rows for points, below those that are there."""

SAY_WHICH: Final = msg("Say whether what is measured changes, or only its words.")
SAY_SINCE: Final = msg("Say from which period on figures belong to the new definition.")
POINT_TWICE: Final = msg("A period stands there twice.")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is filled in: every field as text, the reporters, and the points' rows.

    spare: how many blank rows for points were asked for, beyond the usual ones.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    reporters: tuple[str, ...] = ()
    points: tuple[tuple[str, str], ...] = ()
    spare: int = 0

    def text(self, name: str) -> str:
        """Return what a field holds; empty for nothing."""
        return self.texts.get(name, "")

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The points' rows as they are shown: those filled in, and a few that are blank."""
        return [*self.points, *[("", "")] * (self.spare + POINT_ROWS)]


def filled_in(kind: str, form: Fields) -> Sheet:
    """Return a form as a browser sent it."""
    texts = {name: _unix(form.text(name)) for name in FIELDS[kind]}
    periods, values = (
        [value.strip() for name, value in form.given if name == column]
        for column in ("point_period", "point_value")
    )
    points = [pair for pair in zip_longest(periods, values, fillvalue="") if any(pair)]
    return Sheet(texts, tuple(form.texts("reported_by")), tuple(points))


def _unix(text: str) -> str:
    # Browsers end lines as DOS did; what is on record would differ from itself.
    return text.replace("\r\n", "\n").strip()


def blank(kind: str, given: Mapping[str, str]) -> Sheet:
    """Return the form of a new resource, with what the address gives already."""
    texts = {"decimals": "2", "due_days": "10", "factor": "1"} if kind == "kpi" else {}
    if kind == "target":
        texts = {"tolerance_band": "0.05", "overshoot": "met"}
    return Sheet({**texts, **{name: given[name] for name in FIELDS[kind] if name in given}})


def sheet_of(thing: Thing) -> Sheet:
    """Return the form of a resource on record."""
    match thing:
        case Target():
            return _of_target(thing)
        case Kpi():
            return _of_kpi(thing)
        case Plan():
            return Sheet(_texts(thing, FIELDS["plan"]))
        case Department():
            return Sheet(_texts(thing, FIELDS["department"]))


def _of_kpi(kpi: Kpi) -> Sheet:
    texts = _texts(kpi, FIELDS["kpi"])
    if kpi.sum_of is not None:
        texts |= {"sum_of": kpi.sum_of.kpi, "sum_over": kpi.sum_of.over}
    if kpi.definitions:
        texts["newest_since"] = _written(kpi.definitions[-1].since)
    return Sheet(texts, kpi.reported_by)


def _of_target(target: Target) -> Sheet:
    texts = _texts(target, FIELDS["target"])
    baseline = target.baseline
    texts |= {"target": str(target.goal), "shape": target.trajectory.shape, "reason": ""}
    if baseline is not None:
        texts |= {
            "baseline_period": str(baseline.period),
            "baseline_value": write_number(baseline.value),
        }
    points = sorted(target.trajectory.points.items(), key=lambda one: one[0].last_day)
    return Sheet(texts, (), tuple((str(at), write_number(value)) for at, value in points))


def _texts(thing: Thing, names: tuple[str, ...]) -> dict[str, str]:
    return {name: _written(getattr(thing, name, None)) for name in names}


def _written(value: Any) -> str:  # noqa: ANN401 - a field of any type
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return write_number(value) if hasattr(value, "as_tuple") else str(value)


def slips(sheet: Sheet, base: Thing | None) -> dict[str, str]:
    """Return what is wrong with a form that no document could say, per field: message ids."""
    found = {}
    if isinstance(base, Kpi):
        is_other = (base.definition or "") not in ("", sheet.text("definition"))
        if is_other and not sheet.text("definition_is"):
            found["definition"] = SAY_WHICH
        if sheet.text("definition_is") == "other" and not sheet.text("definition_since"):
            found["definition_since"] = SAY_SINCE
    periods = [str(_period(at)) for at, _ in sheet.points]
    if len(set(periods)) < len(periods):
        found["trajectory"] = POINT_TWICE
    return found


def document(kind: str, sheet: Sheet, base: Thing | None) -> dict[str, Any]:
    """Return the document of a form; base: what is on record, None for a new resource."""
    made: dict[str, Any] = {
        name: sheet.text(name) for name in FIELDS[kind] if sheet.text(name) or name in _NEEDED
    }
    for name in (*_NUMBERS, *_NUMBERS_OF_TARGET):
        if name in made:
            made[name] = _number(made[name])
    for name in _PERIODS:
        if name in made:
            made[name] = _period(made[name])
    if kind == "kpi":
        return _kpi(made, sheet, base if isinstance(base, Kpi) else None)
    return _target(made, sheet) if kind == "target" else made


def _kpi(made: dict[str, Any], sheet: Sheet, base: Kpi | None) -> dict[str, Any]:
    for name in ("definition_is", "definition_since", "newest_since", "sum_of", "sum_over"):
        made.pop(name, None)
    for name in ("monotone", "early_figures"):
        made[name] = sheet.text(name) == "yes"
    if sheet.text("sum_of"):
        made["sum_of"] = {"kpi": sheet.text("sum_of"), "over": sheet.text("sum_over")}
    made["reported_by"] = list(sheet.reporters)
    listed = _definitions(sheet, base)
    if listed:
        made["definitions"] = listed
    return made


def _definitions(sheet: Sheet, base: Kpi | None) -> list[dict[str, Any]]:
    """Return the definition's versions: those on record, the newest reworded or one more."""
    known = () if base is None else base.definitions
    listed: list[dict[str, Any]] = [
        {"version": one.version, "since": one.since, "text": one.text} for one in known
    ]
    if listed and sheet.text("newest_since"):
        listed[-1]["since"] = _period(sheet.text("newest_since"))
    text = sheet.text("definition") or None
    if base is not None and sheet.text("definition_is") == "other":
        listed = listed or [{"version": 1, "since": None, "text": base.definition}]
        since = _period(sheet.text("definition_since"))
        listed.append({"version": len(listed) + 1, "since": since, "text": text})
    elif listed:
        listed[-1]["text"] = text
    return listed


def _target(made: dict[str, Any], sheet: Sheet) -> dict[str, Any]:
    for name in ("shape", "baseline_period", "baseline_value"):
        made.pop(name, None)
    made["target"] = goal_text(made["target"])
    at, value = sheet.text("baseline_period"), sheet.text("baseline_value")
    if at or value:
        made["baseline"] = {"period": _period(at), "value": _number(value)}
    shape = sheet.text("shape") or ("points" if sheet.points else "")
    if shape:
        points = {_period(one): _number(number) for one, number in sheet.points}
        made["trajectory"] = {"shape": shape, "points": points}
    return made


def goal_text(text: str) -> str:
    """Return a target's text as input methods for Chinese leave it, in plain signs."""
    return unicodedata.normalize("NFKC", text.translate(_WIDE)).strip()


def _number(text: str) -> Decimal | str:
    """Return a number as people write it; text that is none stays, to be refused as it is."""
    try:
        return read_number(text)
    except NumberError:
        return text


def _period(text: str) -> Period | str:
    try:
        return read_period(text)
    except ValueError:
        return text
