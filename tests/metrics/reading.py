"""Expositions as values, read with the client library's own parsers."""

from __future__ import annotations

from typing import TypeAlias

from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families

from metrics.exposition import Format

Series: TypeAlias = tuple[str, frozenset[tuple[str, str]]]
Found: TypeAlias = dict[Series, float]

OF_READING = frozenset({"kpi_collector_success", "kpi_snapshot_timestamp_seconds"})
"""What a process says about its own reading of the database."""


def series(metric: str, /, **labels: str) -> Series:
    """Return a series: its metric's name and its labels."""
    return metric, frozenset(labels.items())


def parsed(body: bytes, form: Format = Format.TEXT) -> Found:
    """Read an exposition; fails where a series stands twice or bears a timestamp."""
    parse = (
        openmetrics_parser.text_string_to_metric_families
        if form is Format.OPENMETRICS
        else text_string_to_metric_families
    )
    found: Found = {}
    for family in parse(body.decode()):
        for sample in family.samples:
            assert sample.timestamp is None
            key = series(sample.name, **sample.labels)
            assert key not in found
            found[key] = sample.value
    return found
