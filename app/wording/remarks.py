"""Findings for people: KPIs and departments by their names, periods as they are written.

On record a finding has codes, since names change, and programs are told by them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.domain.period import Period
from app.wording import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.catalogue import Catalogue
    from app.domain.finding import Finding
    from app.domain.kpi import Department, Kpi
    from app.wording.voice import Speaker

_KPIS: Final = ("kpi", "neighbour_kpi")
_DEPARTMENTS: Final = ("department", "part", "whole", "neighbour")
_PERIODS: Final[Mapping[str, tuple[str, ...]]] = {"far_from_history": ("period", "first", "last")}
"""Where `first` and `last` are periods, too; elsewhere they are rows."""
# What `figures` says, term by term: of parts, each with its figure; of a sum, the figure first.
_PART: Final = re.compile(r"(?:^|(?<= \+ ))(\S+)(?= )")
_TERM: Final = re.compile(r"(?<=\()(\S+) (\S+)(?=\))")


def named(voice: Speaker, catalogue: Catalogue, finding: Finding) -> Finding:
    """Return a finding that names what its own names by code; what is not known stays a code."""
    values = dict(finding.values)
    for key in values.keys() & set(_KPIS):
        values[key] = _name(voice, catalogue.kpis, values[key])
    for key in values.keys() & set(_DEPARTMENTS):
        values[key] = _name(voice, catalogue.departments, values[key])
    for key in values.keys() & set(_PERIODS.get(finding.code, ("period",))):
        values[key] = _period(voice, values[key])
    if "figures" in values:
        values["figures"] = _figures(voice, catalogue, finding)
    return replace(finding, values=values)


def _figures(voice: Speaker, catalogue: Catalogue, finding: Finding) -> str:
    text = finding.values["figures"]
    if finding.code == "parts_differ":
        return _PART.sub(lambda found: _name(voice, catalogue.departments, found[1]), text)
    return _TERM.sub(
        lambda found: f"{_name(voice, catalogue.kpis, found[1])}, {_period(voice, found[2])}", text
    )


def _name(voice: Speaker, known: Mapping[str, Kpi] | Mapping[str, Department], code: str) -> str:
    found = known.get(code)
    return code if found is None else voice.name(found)


def _period(voice: Speaker, text: str) -> str:
    try:
        return formats.period(Period.parse(text), voice.speak)
    except ValueError:
        return text
