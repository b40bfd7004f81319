"""A verdict as a document: its line, the target in full, every figure, every step, what is left.

Words stand in the language that is asked for; numbers, periods and instants stay what they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.documents import figure_document, name_in, review_document, scoreboard_row
from app.domain.breaks import crossings
from app.domain.contribution import roll_up
from app.domain.explanation import explain
from app.domain.number import shown, shown_adding_up
from app.domain.required import required

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from app.domain.breaks import Crossing
    from app.domain.catalogue import Catalogue
    from app.domain.contribution import Contribution, Missing, RollUp
    from app.domain.figure import Figure
    from app.domain.forecast import Point
    from app.domain.kpi import Definition
    from app.domain.required import Required
    from app.ledger.catalogue import TargetVersion
    from app.ledger.explained import Explained
    from app.ledger.forecasts import Foreseen
    from app.ledger.scoreboard import Line
    from app.translation import Language, Translator


def explanation_document(
    explained: Explained, foreseen: Foreseen, translator: Translator, language: Language
) -> dict[str, Any]:
    """Return a verdict as a chain, from the figures to what is still needed and to be expected."""
    line = explained.line
    subject, verdict = line.subject, line.verdict
    counted, put = verdict.counted, roll_up(subject, verdict, explained.catalogue)
    return {
        **scoreboard_row(line, language),
        **_target_document(line),
        "attained": verdict.attained,
        "kind": subject.kpi.kind,
        "definition": _definition_document(
            subject.kpi.definition_at(verdict.period or subject.span.last)
        ),
        "steps": [
            {
                "name": step.name,
                "rule": translator.say(step.rule, language),
                "numbers": step.numbers,
                "result": step.result,
            }
            for step in explain(subject, verdict)
        ],
        "figures": [
            _figure_document(explained, figure)
            for part in (counted.parts if counted else ())
            for figure in part.figures
        ],
        "missing": list(counted.missing if counted else sorted(subject.members)),
        "roll_up": put
        and {
            "rule": translator.say(put.rule, language),
            **_roll_up_document(put, explained.catalogue, language),
        },
        "crossings": [
            _crossing_document(one, translator, language) for one in crossings(subject, verdict)
        ],
        "required": _required_document(required(subject, verdict), translator, language),
        "forecast": _forecast_document(foreseen, translator, language),
    }


def _target_document(line: Line) -> dict[str, Any]:
    target = line.subject.target
    baseline = target.baseline
    return {
        "overshoot": target.overshoot,
        "tolerance_band": target.tolerance_band,
        "baseline": baseline and {"period": baseline.period, "value": baseline.value},
        "trajectory": {
            "shape": target.trajectory.shape,
            "points": {str(at): value for at, value in target.trajectory.points.items()},
        },
        "source": target.source,
        "target_versions": [version_document(one) for one in line.versions],
    }


def version_document(version: TargetVersion) -> dict[str, Any]:
    """Return what is told of one version of a target."""
    target = version.target
    return {
        "version": target.version,
        "target_text": str(target.goal),
        "due": target.due,
        "in_force_from": target.in_force_from,
        "reason": target.reason,
        "recorded_at": version.recorded_at,
        "recorded_by": version.recorded_by,
    }


def _definition_document(definition: Definition) -> dict[str, Any]:
    return {
        "version": definition.version,
        "since": definition.since,
        "text": definition.text,
    }


def _figure_document(explained: Explained, figure: Figure) -> dict[str, Any]:
    state, review = explained.standings[figure.department, figure.period]
    document = figure_document(figure, explained.line.subject.kpi)
    return {**document, "state": state, **review_document(review)}


def _roll_up_document(put: RollUp, catalogue: Catalogue, language: Language) -> dict[str, Any]:
    """Return contributions as they are shown: rounded so that they add up to the gap shown."""
    told = [
        put.bound,
        *(part.contribution for part in put.parts),
        *(one.contribution for one in put.missing),
    ]
    bound, *rounded = shown_adding_up(told)
    brought, silent = rounded[: len(put.parts)], rounded[len(put.parts) :]
    shares = _shares(put.parts)
    names = {code: name_in(one, language) for code, one in catalogue.departments.items()}
    return {
        "reference": shown(put.reference),
        "distance": shown(put.distance),
        "bound": bound,
        "parts": [
            {**_part_document(part, names), "share": share, "contribution": contribution}
            for part, share, contribution in zip(put.parts, shares, brought, strict=True)
        ],
        "groups": [
            {
                **_part_document(group, names),
                "share": shown(group.share),
                "contribution": shown(group.contribution),
            }
            for group in put.groups
        ],
        "missing": [
            {**_missing_document(one, names), "contribution": contribution}
            for one, contribution in zip(put.missing, silent, strict=True)
        ],
        "missing_share": shown(put.missing_share),
    }


def _shares(parts: Sequence[Contribution]) -> Sequence[Any]:
    known: list[Fraction] = [part.share for part in parts if part.share is not None]
    return shown_adding_up(known) if len(known) == len(parts) else [None] * len(parts)


def _part_document(part: Contribution, names: dict[str, str]) -> dict[str, Any]:
    return {
        "department": part.department,
        "department_name": names[part.department],
        "parent": part.parent,
        "period": part.period,
        "value": shown(part.value),
        "weight": shown(part.weight),
    }


def _missing_document(one: Missing, names: dict[str, str]) -> dict[str, Any]:
    return {
        "department": one.department,
        "department_name": names[one.department],
        "parent": one.parent,
        "why": one.why,
        "weight": shown(one.weight),
        "weight_period": one.period,
        "share": shown(one.share),
    }


def _crossing_document(
    crossing: Crossing, translator: Translator, language: Language
) -> dict[str, Any]:
    crossed = crossing.crossed
    return {
        "period": crossed.at,
        "definition": crossed.definition and _definition_document(crossed.definition),
        "departments": list(crossed.departments),
        "note": translator.say(crossing.note, language),
    }


def _required_document(
    needed: Required, translator: Translator, language: Language
) -> dict[str, Any]:
    total, a_period = needed.total, needed.a_period
    return {
        "rule": translator.say(needed.rule, language),
        "first": needed.first,
        "last": needed.last,
        "periods": needed.periods,
        "lower": shown(total.lower) if total else None,
        "upper": shown(total.upper) if total else None,
        "lower_a_period": shown(a_period.lower) if a_period else None,
        "upper_a_period": shown(a_period.upper) if a_period else None,
    }


def _forecast_document(
    foreseen: Foreseen, translator: Translator, language: Language
) -> dict[str, Any]:
    found = foreseen.forecast
    return {
        "note": translator.say(foreseen.note, language),
        "outlook": found and found.outlook,
        "ratio": shown(found.ratio) if found else None,
        "points": [_foreseen_point(point) for point in found.points] if found else [],
    }


def _foreseen_point(point: Point) -> dict[str, Any]:
    return {
        "period": point.period,
        "value": shown(point.value),
        "lower": shown(point.lower),
        "upper": shown(point.upper),
    }
