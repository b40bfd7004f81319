"""A target's line of the bulletin, and the notes that stand below it."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from app.domain.breaks import crossings
from app.domain.figure import ObservationStatus
from app.domain.kpi import Kind
from app.exports.bulletin.content import TargetLine
from app.exports.bulletin.reading import newest_figures
from app.exports.bulletin.words import OBSERVED
from app.wording import charts, formats
from app.wording.remarks import named
from app.wording.targets import SLIPPING, behind, figure_of, goal_of, slipping_since, unit_of
from app.wording.words import msg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.domain.figure import Figure
    from app.domain.kpi import Kpi
    from app.domain.period import Period
    from app.exports.bulletin.reading import Material
    from app.ledger.overview import Row
    from app.ledger.scoreboard import Line
    from app.wording.charts import Spark
    from app.wording.voice import Voice

_MOST_NOTES: Final = 6
"""Notes below one target; an office of many regions may have one from each."""


class Lines:
    """Puts targets into words, one after another."""

    def __init__(self, material: Material, voice: Voice) -> None:
        """Remember what was read, and who speaks."""
        self._material, self._voice = material, voice

    def line(self, row: Row) -> TargetLine:
        """Return a target's line."""
        line, voice = row.line, self._voice
        verdict, target, kpi = line.verdict, line.subject.target, line.subject.kpi
        slips, today = verdict.status in SLIPPING, self._material.seen.today
        since = slipping_since(voice, row, today) if slips else None
        course = row.trend
        before = row.before.status if row.before is not None and row.has_changed else None
        points = [(formats.period(at, voice.speak), figure_of(kpi, value)) for at, value in course]
        return TargetLine(
            key=(target.plan, target.kpi, target.department),
            kpi=voice.name(kpi),
            department=voice.name(line.department),
            status=verdict.status,
            word=voice.speak(verdict.status),
            before=None if before is None else voice.speak(before),
            figure=figure_of(kpi, verdict.actual, target),
            unit=unit_of(voice, kpi),
            period=formats.period(verdict.period, voice.speak),
            goal=goal_of(voice, kpi, target),
            due=formats.period(target.due, voice.speak),
            expected=figure_of(kpi, verdict.expected),
            ratio=formats.percent(verdict.ratio.value),
            pace=formats.percent(verdict.pace.value),
            change=_change(row, kpi),
            behind=behind(voice, line),
            since=None if since is None else voice.speak(msg("since {period}"), period=since),
            points=tuple(points),
            trend=self._trend(line, course, [text for _, text in points]),
            notes=tuple(self._some(list(self._notes(line)))),
        )

    def _trend(
        self, line: Line, course: Sequence[tuple[Period, Fraction]], told: Iterable[str]
    ) -> Spark | None:
        return charts.spark(
            [value for _, value in course],
            Fraction(line.subject.target.goal.bound),
            self._voice.speak(msg("Trend: {figures}"), figures=", ".join(told)),
        )

    # --- notes ----------------------------------------------------------------------------------

    def _some(self, notes: list[str]) -> list[str]:
        left = len(notes) - _MOST_NOTES
        if left <= 0:
            return notes
        return [*notes[:_MOST_NOTES], self._voice.speak(msg("{count} more notes"), count=left)]

    def _notes(self, line: Line) -> Iterator[str]:
        """Go through what has to be known of a target's figure: what the office did comes first."""
        voice = self._voice
        if line.version_before is not None:
            reason = line.subject.target.reason or formats.ABSENT
            yield voice.speak(msg("Target revised: {reason}"), reason=reason)
        for one in crossings(line.subject, line.verdict):
            yield voice.say(one.note)
        counted = line.verdict.counted
        if counted is not None and counted.missing:
            names = [self._name(code) for code in counted.missing]
            between = "、" if voice.language == "zh" else ", "
            yield f"{voice.speak(msg('Not in yet:'))} {between.join(names)}"
        for figure in newest_figures(line):
            for note in self._of_figure(line.subject.kpi, figure):
                alone = len(line.subject.members) == 1
                yield note if alone else f"{self._name(figure.department)}: {note}"

    def _of_figure(self, kpi: Kpi, figure: Figure) -> Iterator[str]:
        voice = self._voice
        if figure.observation_status in OBSERVED and figure.observation_status is not _BREAK:
            yield voice.speak(OBSERVED[figure.observation_status])
        if figure.revision > 1:
            yield voice.speak(msg("corrected, revision {number}"), number=figure.revision)
        if figure.note:
            yield voice.speak(msg("Note: {text}"), text=figure.note)
        key = (kpi.code, figure.department, figure.period)
        for remark in self._material.remarks.get((key, figure.submission), ()):
            told = named(voice, self._material.catalogue, remark.warning)
            warning = voice.translator.message(told, voice.language)
            said = remark.answer
            yield voice.speak(msg("Warning: {text}"), text=warning)
            if said is not None:
                yield voice.speak(msg("Answer: {text}"), text=said)

    def _name(self, code: str) -> str:
        return self._voice.name(self._material.catalogue.departments[code])


_BREAK: Final = ObservationStatus.BREAK


def _change(row: Row, kpi: Kpi) -> str:
    """Write by how much the figure differs from that of the month before."""
    now, then = row.line.verdict.actual, row.before
    if now is None or then is None or then.actual is None:
        return formats.ABSENT
    change = now - then.actual
    if kpi.kind is Kind.MILESTONE:
        text = figure_of(kpi, change)
    else:
        # However little it is, it does not read as nothing.
        text = formats.figure(change, kpi.decimals, 0)
    return f"+{text}" if change > 0 else text
