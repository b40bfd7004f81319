"""A stock marked monotone that fell: what was put in place does not go away by itself."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from app.domain.plausibility.series import warning, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.finding import Finding
    from app.domain.plausibility.series import Series


def fell(series: Series) -> Iterator[Finding]:
    """Yield a warning for every delivered figure that makes a monotone KPI fall.

    Each figure is compared with its neighbours in time only. Where an earlier month is delivered
    late, it is that row which is asked about, not the later figure on record.
    """
    if not series.kpi.monotone:
        return
    for earlier, later in pairwise(series.points):
        if later.value >= earlier.value:
            continue
        at, other, code = (
            (later, earlier, "fell") if later.row is not None else (earlier, later, "falls_later")
        )
        if at.row is not None:
            values = {
                "value": written(at.value),
                "kpi": series.kpi.code,
                "other": written(other.value),
                "period": str(other.period),
            }
            yield warning(code, at.row, values)
