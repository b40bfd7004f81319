"""Two languages, and what a status is called and coloured in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Say:
    """Words in one language: `say("目标", "Targets")` gives the one that is spoken."""

    language: Language

    def __call__(self, chinese: str, english: str) -> str:
        """Return the text in this language."""
        return chinese if self.language == "zh" else english

    @property
    def other(self) -> Say:
        """The other language's words."""
        return Say("en" if self.language == "zh" else "zh")

    @property
    def name(self) -> str:
        """The label, and the view's column, that holds a name in this language."""
        return f"name_{self.language}"

    @property
    def unit(self) -> str:
        """The label that holds a unit in this language."""
        return f"unit_{self.language}"

    def uid(self, dashboard: str) -> str:
        """Return a dashboard's identity: it stays, so that links to it stay."""
        return f"dabiao-{self.language}-{dashboard}"


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status as it is drawn: a number that panels can map, a word and a colour."""

    code: int
    status: str
    chinese: str
    english: str
    colour: str


STATUSES: Final = (
    StatusWord(0, "not_started", "未开始", "Not started", "#6e7681"),
    StatusWord(1, "no_data", "无数据", "No data", "#8e8e8e"),
    StatusWord(2, "missed", "未达标", "Missed", "dark-red"),
    StatusWord(3, "off_track", "偏离进度", "Off track", "red"),
    StatusWord(4, "at_risk", "有风险", "At risk", "orange"),
    StatusWord(5, "on_track", "正常推进", "On track", "green"),
    StatusWord(6, "attained", "已达标", "Attained", "dark-green"),
)
"""In the order in which a bad one comes first; the words are those of the pages."""

SLIPPING: Final = ("missed", "off_track", "at_risk")
