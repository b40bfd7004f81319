"""Messages in Chinese and English, looked up when they are shown.

English is what the code says: its sentences are the message ids. Chinese stands in
`locale/zh/LC_MESSAGES/dabiao.po`, which is read as it is, so that no compiled copy can be older
than its source.
"""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.domain import breaks, contribution, explanation, forecast, required
from app.domain.finding import TEMPLATES
from app.domain.saying import Saying

if TYPE_CHECKING:
    from app.domain.finding import Finding

Language = Literal["zh", "en"]

CHINESE_MESSAGES = Path(__file__).parent / "locale" / "zh" / "LC_MESSAGES" / "dabiao.po"

TITLES = (
    "Refused",
    "Not signed in",
    "Not permitted",
    "Not found",
    "Method not allowed",
    "Not acceptable",
    "History not read",
    "Conflict",
    "Figure locked",
    "Figure returned",
    "Not approved",
    "Nothing to review",
    "Not from here",
    "Name taken",
    "Key ended",
    "Locked out",
    "Too many attempts",
    "Precondition failed",
    "Too large",
    "Unsupported media type",
    "Idempotency-Key used before",
    "Internal error",
    "Too many at once",
    "Not read yet",
    "Database unavailable",
    "Outcome unknown",
)
"""The titles of problem documents."""

DETAILS = (
    "The findings say what is wrong, and where.",
    "Sign in, or show a key that is in force as the Authorization header's Bearer token.",
    "A user's name and password are needed here, or for the API a key that is in force.",
    "You, or this key, do not have the right to do this.",
    "The request did not come from one of our own pages, or its page is too old; load it again.",
    "There is a user of this name already; no name is given twice.",
    "The key was revoked, has ended, or has a successor already; make a new one.",
    "You would lock yourself out; another admin has to do this.",
    "Somebody has tried to sign in too often; wait a quarter of an hour.",
    "There is nothing at this address.",
    "This address does not take this method.",
    "Figures are not given in this format.",
    "What is on record stands in the way of this.",
    "A figure is approved and so locked; it has to be reopened, with a reason.",
    "A figure was returned; it can be approved once the department has answered with a figure.",
    "The figure is not approved, so there is nothing to reopen.",
    "No figure that stands on record came from this submission.",
    "The version that you have seen is not the current one; read it again.",
    "The body has more bytes than are taken here.",
    "A body of this Content-Type or Content-Encoding is not read here.",
    "This Idempotency-Key came before with another body.",
    "Something went wrong on our side; it is in the log.",
    "Too many wait for their turn already; nothing was done. Try again a little later.",
    "The service has just started and is still reading the record; try again a little later.",
    "The database does not answer; try again a little later.",
    "It is not known whether this was kept; look, or send it with the same Idempotency-Key.",
)
"""What problem documents say further."""

LABELS = (
    "not_due",
    "due",
    "overdue",
    "submitted",
    "returned",
    "approved",
    "not_started",
    "no_data",
    "attained",
    "missed",
    "on_track",
    "at_risk",
    "off_track",
    "accepted",
    "partial",
    "refused",
    "received",
    "created",
    "revised",
    "unchanged",
    "rejected",
    "status",
    "KPI",
    "department",
    "target",
    "actual",
    "expected",
    "pace",
    "progress",
    "gap",
    "period",
    "trend",
    "figure",
    "revision",
    "submission",
    "recorded",
    "note",
    "reason",
    "row",
    "column",
    "severity",
    "finding",
    "error",
    "warning",
    "value",
    "numbers",
    "rule",
    "without a figure",
    "state",
    "deadline",
    "days late",
    "completeness",
    "timeliness",
    "yes",
    "no",
    "break in series",
    "still needed",
    "version",
    "in force from",
    "before",
    "contribution",
    "weight",
    "share",
    "share of the weight that is missing",
    "a period",
    "at least",
    "at most",
    "checked",
    "written",
)
"""Statuses, outcomes and headings, as tables show them; see `WORDS` for `ratio`."""

RULES = (
    *explanation.RULES,
    *contribution.RULES,
    *required.RULES,
    *breaks.NOTES,
    *forecast.RULES,
)
"""What explanations say in words."""

FREQUENCIES = {"M": "monthly", "Q": "quarterly", "A": "annually"}
"""The word for each frequency's code."""

WORDS = {
    "frequency": tuple(FREQUENCIES.values()),
    "kind": ("level", "stock", "flow", "ratio", "milestone"),
    "shape": ("flat", "linear", "points", "step"),
    "expected": (
        "a list",
        "a date",
        "a number",
        "a whole number",
        "an object",
        "one file",
        "text",
        "text that is not empty",
        "true or false",
        "lower-case letters, digits and hyphens, beginning with a letter",
    ),
    "problem": (
        # JSON and CSV
        "it is not UTF-8",
        "the multipart body cannot be taken apart",
        "it is nested too deeply",
        "a quoted cell is not closed",
        "text follows a closed quotation",
        "a line breaks the rules of CSV",
        # the catalogue
        "a bound has more digits than the store keeps (12 before, 6 after the point)",
        "not a target; write <= 22.5, >= 3.3, ~ 20, ~ 20 +- 2, 3..5 or done",
        "about 0, or about with no tolerance, needs one: ~ 0 +- 2",
        "the tolerance makes bounds of more than 12 digits before or 6 after the point",
        "the lower bound comes first: 3..5",
        "the minimum is above the maximum",
    ),
}
"""Per placeholder whose value is made of our words, those words.

The value of any other placeholder comes from a delivery and is never translated: a department may
well be named “flow”.
"""

_RANGE = re.compile(
    r"[ \t]*(?P<language>\*|[A-Za-z]{1,8})(?:-[A-Za-z0-9]{1,8})*[ \t]*"
    r"(?:;[ \t]*[qQ]=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?"
)


class Translator:
    """Looks messages up; reads the catalogue when the first Chinese message is asked for."""

    def __init__(self, chinese: Path = CHINESE_MESSAGES) -> None:
        """Remember where the Chinese messages are."""
        self._path = chinese

    def translate(self, msgid: str, language: Language) -> str:
        """Return the sentence in `language`; one without a translation comes back as it is."""
        return self._chinese.get(msgid, msgid) if language == "zh" else msgid

    def message(self, finding: Finding, language: Language) -> str:
        """Return what a finding says, in `language`."""
        return self.say(Saying(TEMPLATES[finding.code], finding.values), language)

    def say(self, saying: Saying, language: Language) -> str:
        """Return a sentence with its values, in `language`."""
        template = self.translate(saying.template, language)
        values = {name: self._word(name, value, language) for name, value in saying.values.items()}
        return template.format(**values)

    def _word(self, placeholder: str, value: str, language: Language) -> str:
        if placeholder == "frequency":
            value = FREQUENCIES.get(value, value)
        if value in WORDS.get(placeholder, ()):
            return self.translate(value, language)
        return value

    @cached_property
    def _chinese(self) -> dict[str, str]:
        # Imported here: it takes longer than the rest of a command that prints one line.
        from babel.messages.pofile import read_po  # noqa: PLC0415

        with self._path.open("rb") as file:
            catalogue = read_po(file, locale="zh", abort_invalid=True)
        return {
            message.id: message.string
            for message in catalogue
            if isinstance(message.id, str)
            and isinstance(message.string, str)
            and message.id
            and message.string
            and not message.fuzzy
        }


def negotiate(accept_language: str | None, default: str) -> Language:
    """Return the language that an `Accept-Language` header asks for, else the default.

    `zh-CN`, `zh-Hans` and every other Chinese are `zh`, every English `en`; of equal qualities the
    first named wins, and `*` stands for what is not named, the default before the other. Parts that
    cannot be read are passed over; a default that is neither language is taken for English.
    """
    languages: tuple[Language, Language] = ("zh", "en") if default == "zh" else ("en", "zh")
    qualities: dict[str, float] = {}
    for part in (accept_language or "").split(","):
        if found := _RANGE.fullmatch(part):
            name, quality = found["language"].lower(), float(found["quality"] or 1)
            qualities[name] = max(quality, qualities.get(name, 0.0))
    named = [name for name in qualities if name in languages]
    order = sorted(languages, key=lambda name: named.index(name) if name in named else len(named))
    wanted = {name: qualities.get(name, qualities.get("*", 0.0)) for name in order}
    best = max(order, key=lambda name: wanted[name])
    return best if wanted[best] > 0 else languages[0]
