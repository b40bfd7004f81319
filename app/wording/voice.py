"""Who speaks: a language, and the words that things are called by in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.documents import unit_in
from app.translation import LABELS, Language, Translator

if TYPE_CHECKING:
    from app.domain.kpi import Department, Kpi, Plan
    from app.domain.saying import Saying


class Speaker(Protocol):
    """What texts are put into words by: a page, or a voice without one."""

    def speak(self, text: str, /, **values: object) -> str:
        """Return a text in the speaker's language, its placeholders filled in."""

    def say(self, saying: Saying) -> str:
        """Return a sentence of the domain."""

    def name(self, thing: Plan | Department | Kpi) -> str:
        """Return what a thing is called."""

    def unit(self, thing: Kpi) -> str:
        """Return the unit of a KPI."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A speaker that needs no page."""

    translator: Translator
    language: Language

    def speak(self, text: str, /, **values: object) -> str:
        """Return a text in the voice's language, its placeholders filled in."""
        spoken = self.translator.translate(text, self.language)
        if spoken in LABELS:  # statuses are codes in English: off_track
            spoken = spoken.replace("_", " ")
        return spoken.format(**values) if values else spoken

    def say(self, saying: Saying) -> str:
        """Return a sentence of the domain."""
        return self.translator.say(saying, self.language)

    def name(self, thing: Plan | Department | Kpi) -> str:
        """Return what a thing is called."""
        return thing.name_zh if self.language == "zh" else thing.name_en

    def unit(self, thing: Kpi) -> str:
        """Return the unit of a KPI."""
        return unit_in(thing, self.language)
