"""A forecast in words: one sentence, and what it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.forecast import MILESTONE, SETTLED, Outlook
from app.wording import formats
from app.wording.targets import figure_of, unit_of
from app.wording.words import msg

if TYPE_CHECKING:
    from app.ledger.forecasts import Foreseen
    from app.wording.voice import Speaker

_SENTENCES: Final = {
    Outlook.REACHED: msg(
        "At this course it will be {value} at {period} ({lower} to {upper}):"
        " the target will likely be reached."
    ),
    Outlook.OPEN: msg(
        "At this course it will be {value} at {period} ({lower} to {upper}):"
        " whether the target will be reached is open."
    ),
    Outlook.MISSED: msg(
        "At this course it will be {value} at {period} ({lower} to {upper}):"
        " the target will likely be missed."
    ),
}
_NONE: Final = msg("No forecast: {why}.")
_BASIS: Final = msg("Forecast: {basis}. It has no part in the verdict.")


def sentence(speaker: Speaker, foreseen: Foreseen) -> str | None:
    """Say what the due period's figure will be, and what that means; or why it is not said.

    None where nobody would ask: of a milestone, and once the due period has its figure.
    """
    basis, forecast = foreseen.basis, foreseen.forecast
    if foreseen.note.template in (MILESTONE, SETTLED):
        return None
    if basis is None or forecast is None:
        return speaker.speak(_NONE, why=speaker.say(foreseen.note))
    kpi, target, due = basis.subject.kpi, basis.subject.target, forecast.due
    value = f"{figure_of(kpi, due.value, target)} {unit_of(speaker, kpi)}".rstrip()
    return speaker.speak(
        _SENTENCES[forecast.outlook],
        value=value,
        lower=figure_of(kpi, due.lower, target),
        upper=figure_of(kpi, due.upper, target),
        period=formats.period(due.period, speaker.speak),
    )


def basis_note(speaker: Speaker, foreseen: Foreseen) -> str | None:
    """Say what a forecast comes from; None where there is none."""
    if foreseen.forecast is None:
        return None
    return speaker.speak(_BASIS, basis=speaker.say(foreseen.note))
