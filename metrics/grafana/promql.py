"""Pieces of PromQL.

Every replica says the same, and one logical target is enough. Where several are scraped under
instances of their own, each series is there once a replica: so everything is aggregated by the
labels that matter, with `max`, before it is joined, counted or added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from metrics.grafana.words import SLIPPING, STATUSES

if TYPE_CHECKING:
    from metrics.grafana.words import Say

TARGET: Final = ("plan", "kpi", "department")
FIGURE: Final = ("kpi", "department")
ALL: Final = "(?s:(.*))"
"""Takes a whole label value, also one of two lines."""


def one(family: str, by: tuple[str, ...], matchers: str = "") -> str:
    """Return a family's series by some labels: one of each, however many replicas there are."""
    chosen = f"{{{matchers}}}" if matchers else ""
    return f"max by ({', '.join(by)}) ({family}{chosen})"


def copied(series: str, source: str, label: str) -> str:
    """Return series with a label of their own copied to another."""
    return f'label_replace({series}, "{label}", "$1", "{source}", "{ALL}")'


def named(series: str, say: Say, *, kpi: bool = True, department: bool = True) -> str:
    """Return series with `kpi_name` and `unit`, and `department_name`, joined on by their codes."""
    if kpi:
        names = copied(copied("kpi_catalogue_info", say.name, "kpi_name"), say.unit, "unit")
        names = f"max by (kpi, kpi_name, unit) ({names})"
        series = f"({series}) * on (kpi) group_left (kpi_name, unit) {names}"
    if department:
        names = copied("kpi_department_names_info", say.name, "department_name")
        names = f"max by (department, department_name) ({names})"
        series = f"({series}) * on (department) group_left (department_name) {names}"
    return series


def status_code(matchers: str) -> str:
    """Return each target's status as the number that panels map to a word."""
    return " + ".join(
        one("kpi_status", TARGET, f'{matchers},status="{word.status}"') + f" * {word.code}"
        for word in STATUSES
        if word.code
    )


def slipping(matchers: str) -> str:
    """Return the targets that are at risk, off track or missed."""
    return one("kpi_status", TARGET, f'{matchers},status=~"{"|".join(SLIPPING)}"') + " == 1"


def where(series: str, condition: str, on: tuple[str, ...] = TARGET) -> str:
    """Return the series for which a condition has one, too."""
    return f"{series} and on ({', '.join(on)}) ({condition})"


def in_period_time(family: str, matchers: str, by: tuple[str, ...] = TARGET) -> str:
    """Return a family's history by month, which Prometheus fetches by remote read.

    A period has one sample, at its end: it holds until the next one's, and no longer.
    """
    series = f'{family}{{time="period",{matchers}}}'
    return f"max by ({', '.join(by)}) (last_over_time({series}[$window]))"
