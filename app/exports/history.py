"""History in period time: one sample a period, stamped with the period's last second.

What Prometheus reads by remote read, and what the one-time backfill writes. Series are named, then
chosen, and only then are the figures read that the chosen ones need; their numbers come from the
same series of verdicts as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.attainment import Status
from app.domain.number import shown
from app.ledger import revisions, scoreboard
from app.ledger.verdicts import last_second

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from app.domain.attainment import Subject, Verdict
    from app.domain.catalogue import Catalogue
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.scoreboard import Moment, Point

ACTUAL: Final = "kpi_actual_value"
STATUS: Final = "kpi_status"

_OF_PERIOD: Final[Mapping[str, Callable[[Subject, Point], Fraction | Decimal | None]]] = {
    "kpi_target_lower_value": lambda subject, point: subject.at(point.period).target.goal.lower,
    "kpi_target_upper_value": lambda subject, point: subject.at(point.period).target.goal.upper,
    "kpi_expected_value": lambda _, point: point.expected,
}
_OF_VERDICT: Final[Mapping[str, Callable[[Verdict], Fraction | None]]] = {
    "kpi_target_actual_value": lambda verdict: verdict.actual,
    "kpi_attainment_ratio": lambda verdict: verdict.ratio.value,
    "kpi_pace_ratio": lambda verdict: verdict.pace.value,
}
FAMILIES: Final = (ACTUAL, *_OF_PERIOD, *_OF_VERDICT, STATUS)
"""Every metric that has a history."""

Sample = tuple[int, float]
"""Milliseconds of Unix time, and the number."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: of a figure, or (with a plan) of a target."""

    family: str
    kpi: str
    department: str
    plan: str | None = None
    status: Status | None = None

    def labels(self, time: str) -> dict[str, str]:
        """Return its labels, the metric's name as `__name__`, in alphabetical order.

        time: what the label `time` says of the clock that its samples go by.
        """
        labels = {
            "__name__": self.family,
            "department": self.department,
            "kpi": self.kpi,
            "plan": self.plan,
            "status": self.status,
            "time": time,
        }
        return {name: str(value) for name, value in labels.items() if value is not None}


def named(catalogue: Catalogue, families: Iterable[str] = FAMILIES) -> Iterator[Series]:
    """Go through every series that the catalogue has, family by family."""
    targets = sorted(catalogue.targets)
    for family in families:
        if family == ACTUAL:
            for code, kpi in sorted(catalogue.kpis.items()):
                for department in kpi.reported_by:
                    yield Series(family, code, department)
            continue
        for plan, code, department in targets:
            for status in Status if family == STATUS else (None,):
                yield Series(family, code, department, plan, status)


@dataclass(frozen=True)
class History:
    """The record at one moment, read series by series."""

    connection: Connection
    stored: StoredCatalogue
    seen: Moment
    zone: ZoneInfo
    _stamps: dict[Period, int] = field(default_factory=dict)

    def read(self, chosen: Sequence[Series]) -> Iterator[tuple[Series, list[Sample]]]:
        """Give each series chosen with its samples in order of time; one without any is left out.

        Two queries at the most, however many series are chosen.
        """
        figures = [series for series in chosen if series.plan is None]
        targets: dict[tuple[str, str, str], list[Series]] = {}
        for series in chosen:
            if series.plan is not None:
                key = (series.plan, series.kpi, series.department)
                targets.setdefault(key, []).append(series)
        if figures:
            yield from self._figures(figures)
        if targets:
            yield from self._targets(targets)

    def _figures(self, chosen: Sequence[Series]) -> Iterator[tuple[Series, list[Sample]]]:
        posted = revisions.figures(
            self.connection,
            self.stored,
            kpis={series.kpi for series in chosen},
            departments={series.department for series in chosen},
            upto=self.seen.position,
        )
        found: dict[tuple[str, str], list[Sample]] = {}
        for code, figures in posted.items():
            factor = self.stored.catalogue.kpis[code].factor
            for figure in figures:
                number = figure.amount.number(factor)
                if number is not None:
                    samples = found.setdefault((code, figure.department), [])
                    samples.append((self._stamp(figure.period), _as_float(number)))
        for series in chosen:
            if samples := found.get((series.kpi, series.department), []):
                yield series, sorted(samples)

    def _targets(
        self, chosen: Mapping[tuple[str, str, str], Sequence[Series]]
    ) -> Iterator[tuple[Series, list[Sample]]]:
        subjects = scoreboard.subjects(
            self.connection, self.stored, list(chosen), self.seen.position
        )
        for subject, listed in zip(subjects, chosen.values(), strict=True):
            points = scoreboard.series(subject, self.seen.today)
            for series in listed:
                numbers = ((point.period, _number(series, subject, point)) for point in points)
                samples = [
                    (self._stamp(period), _as_float(number))
                    for period, number in numbers
                    if number is not None
                ]
                if samples:
                    yield series, samples

    def _stamp(self, period: Period) -> int:
        stamp = self._stamps.get(period)
        if stamp is None:
            at = last_second(period, self.zone)
            stamp = self._stamps[period] = int(at.timestamp()) * 1000
        return stamp


def _number(series: Series, subject: Subject, point: Point) -> Fraction | Decimal | int | None:
    of_period = _OF_PERIOD.get(series.family)
    if of_period is not None:
        return of_period(subject, point)
    if point.verdict is None:
        return None
    if series.status is not None:
        return int(series.status is point.verdict.status)
    return _OF_VERDICT[series.family](point.verdict)


def _as_float(number: Fraction | Decimal | int) -> float:
    """Turn an exact number into the float that is exposed; a ratio below 1 stays below 1."""
    return float(shown(number) or 0 if isinstance(number, Fraction) else number)
