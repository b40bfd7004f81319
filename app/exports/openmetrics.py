"""History in period time as OpenMetrics text with timestamps, for a one-time backfill.

The format wants all series of a family together, while everything about one target comes out of
one reading of it. So lines are put aside in a temporary file per family, a few targets at a time,
and given in order at the end: in memory there is never more than those few.
"""

from __future__ import annotations

from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from prometheus_client.utils import floatToGoString

from app.exports.history import FAMILIES, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

    from app.exports.history import History, Sample, Series

TIME: Final = "backfill"
"""The label `time` of what is exported: not `period`, which is the service's own answer."""
_AT_ONCE: Final = 500
"""Series read at a time."""
_CHUNK: Final = 1 << 16
_write_number: Final[Callable[[float], str]] = floatToGoString


def parts(history: History) -> Iterator[bytes]:
    """Go through the text: every series that has a history, as the record stands."""
    with ExitStack() as opened:
        files = {family: opened.enter_context(TemporaryFile()) for family in FAMILIES}
        for some in _batches(history):
            for series, samples in history.read(some):
                files[series.family].writelines(_lines(series, samples))
        for family, file in files.items():
            if file.tell():
                yield f"# TYPE {family} gauge\n".encode()
                yield from _content(file)
    yield b"# EOF\n"


def _batches(history: History) -> Iterator[list[Series]]:
    """Go through all series, some at a time, those of one target or KPI together."""
    whole = sorted(
        named(history.stored.catalogue),
        key=lambda series: (series.plan or "", series.kpi, series.department),
    )
    batch: list[Series] = []
    for series in whole:
        if len(batch) >= _AT_ONCE and _place(series) != _place(batch[-1]):
            yield batch
            batch = []
        batch.append(series)
    yield batch


def _place(series: Series) -> tuple[str | None, str, str]:
    return series.plan, series.kpi, series.department


def _lines(series: Series, samples: list[Sample]) -> Iterator[bytes]:
    # Codes need no escaping: they have neither quotation marks nor backslashes nor line ends.
    labels = series.labels(TIME)
    name = labels.pop("__name__")
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    for at, number in samples:
        yield f"{name}{{{pairs}}} {_write_number(number)} {at // 1000}\n".encode()


def _content(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk
