"""Plain rows of a very long delivery, checked column by column; see `plain_rows` for what is plain.

The same questions are asked of the same rules, once for what they are asked with, and their answers
are numbers: of a series, of a period. A figure is read as a binary float and turned into millionths
only where that is exact: of at most 15 digits the float is the nearest there is, and a millionfold
of it less than half a millionth off. Whatever is longer is left to the rules, like all that is odd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from app.domain.number import MAX_FRACTION_DIGITS
from app.intake.plain_rows import ELSEWHERE, NUMBER
from app.ledger.lots import Lot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    import numpy as np
    from numpy.typing import NDArray

    from app.domain.kpi import Kpi
    from app.domain.period import Period
    from app.intake.plain_rows import Series
    from app.intake.table import Table
    from app.ledger.lots import Mask

_NOT_A_NUMBER: Final = re.compile(rf"^(?!{NUMBER.pattern}$)", re.ASCII | re.MULTILINE)
_SCALE: Final = 10**MAX_FRACTION_DIGITS
_EXACT: Final = 10**15
"""Millionths up to which a float stands for one number of them."""
_NO_LIMIT: Final = 2 * _EXACT
_NONE: Final = -1


class _Asked(dict[tuple[str, str], int]):
    """Answers to a question about two cells, each asked for once."""

    def __init__(self, ask: Callable[[str, str], int]) -> None:
        super().__init__()
        self._ask = ask

    def __missing__(self, cells: tuple[str, str]) -> int:
        answer = self[cells] = self._ask(*cells)
        return answer


@dataclass
class PlainColumns:
    """The plain rows of one delivery, as a lot.

    series, period: as `PlainRows` asks them.
    """

    ask_series: Callable[[str, str], Series | None]
    ask_period: Callable[[Kpi, str], Period | None]
    _series: dict[tuple[str, str], int] = field(default_factory=dict)
    _limits: list[tuple[int, int]] = field(default_factory=list)
    _kpis: dict[str, Kpi] = field(default_factory=dict)
    _periods: dict[Period, int] = field(default_factory=dict)

    def lot(self, table: Table) -> tuple[Lot, Mask]:
        """Return the plain rows, and of each row of the table whether it is one of them."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        count = len(table)
        kpis, departments, periods, values = (
            table.columns.get(name, [""] * count)
            for name in ("kpi", "department", "period", "value")
        )
        series = _answers(_Asked(self._series_number), kpis, departments)
        # Only now, when it is known what every KPI's cell stands for.
        at = _answers(_Asked(self._period_number), kpis, periods)
        millionths, plain = _millionths(values)
        plain &= (series != _NONE) & (at != _NONE)
        least, greatest = np.array([*self._limits, (0, 0)], dtype=np.int64).T
        plain &= (least[series] <= millionths) & (millionths <= greatest[series])
        for name in ELSEWHERE:
            column = table.columns.get(name)
            if column is not None and any(column):
                plain &= np.fromiter(map(len, column), np.int64, count) == 0
        everything = Lot(
            series=list(self._series),
            periods=list(self._periods),
            rows=np.array(table.numbers, dtype=np.int64),
            of_series=series,
            of_period=at,
            millionths=millionths,
            texts=values,
        )
        return everything.where(plain), plain

    def _series_number(self, kpi: str, department: str) -> int:
        found = self.ask_series(kpi, department)
        if found is None:
            return _NONE
        known, code, least, greatest = found
        self._kpis[kpi] = known
        limits = _limit(least, -_NO_LIMIT), _limit(greatest, _NO_LIMIT)
        number = self._series.setdefault((known.code, code), len(self._series))
        if number == len(self._limits):
            self._limits.append(limits)
        return number

    def _period_number(self, kpi: str, period: str) -> int:
        known = self._kpis.get(kpi)
        found = None if known is None else self.ask_period(known, period)
        return _NONE if found is None else self._periods.setdefault(found, len(self._periods))


def _answers(asked: _Asked, ones: Sequence[str], others: Sequence[str]) -> NDArray[np.int64]:
    import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

    pairs: Any = zip(ones, others, strict=True)
    return np.fromiter(map(asked.__getitem__, pairs), np.int64, len(ones))


def _millionths(values: Sequence[str]) -> tuple[NDArray[np.int64], Mask]:
    """Return numbers in millionths, and of each whether it is a plain number that is exactly so."""
    import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

    text = "\n".join(values)
    if text.count("\n") == len(values) - 1 and _NOT_A_NUMBER.search(text) is None:
        numbers = np.fromiter(map(float, values), np.float64, len(values))
    else:
        read = (float(text) if NUMBER.fullmatch(text) else np.nan for text in values)
        numbers = np.fromiter(read, np.float64, len(values))
    scaled = np.rint(numbers * _SCALE)
    exact = np.abs(scaled) <= _EXACT  # never of what is no number
    return np.where(exact, scaled, 0).astype(np.int64), exact


def _limit(limit: Decimal | None, none: int) -> int:
    """Return a limit in millionths; beyond all exact ones, it lets pass as much as none does."""
    if limit is None:
        return none
    scaled = limit.scaleb(MAX_FRACTION_DIGITS)
    return max(-_NO_LIMIT, min(_NO_LIMIT, int(scaled)))
