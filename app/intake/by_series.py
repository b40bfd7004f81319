"""What a lot's figures say series by series, for the checks that ask about odd figures.

Most series of a long delivery give no cause for any question. Which of them certainly give none is
told here for all at once, by the very arithmetic of `domain.plausibility` on the same binary
floats; wherever anything is left to be looked at, the checks themselves look.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from app.domain.number import MAX_FRACTION_DIGITS
from app.domain.plausibility.robust import FAR, FINEST, LEAST_POINTS, NORMAL_QUARTILE
from app.domain.plausibility.shifted import LEAST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from app.domain.period import Period
    from app.domain.plausibility.shifted import Usual
    from app.intake.validation import Entry
    from app.ledger.histories import SeriesKey
    from app.ledger.lots import Cells, Lot, Many

    Floats = NDArray[np.float64]


class BySeries:
    """The figures of a lot by their series, in order of time."""

    def __init__(self, lot: Lot) -> None:
        """Put them in order."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        ordinals = np.array([period.ordinal for period in lot.periods] or [0])
        self._lot = lot
        self._inorder = np.lexsort((ordinals[lot.of_period], lot.of_series))
        ends = np.cumsum(np.bincount(lot.of_series, minlength=len(lot.series)))
        self._bounds = np.concatenate([[0], ends])
        self._number = {key: number for number, key in enumerate(lot.series)}

    def of(self, key: SeriesKey) -> Iterator[Cells]:
        """Give a series' figures; none where the lot has none."""
        if (number := self._number.get(key)) is None:
            return
        for at in self._inorder[self._bounds[number] : self._bounds[number + 1]].tolist():
            lot = self._lot
            yield int(lot.rows[at]), *key, lot.periods[lot.of_period[at]], lot.texts[at]

    def quiet(self) -> Iterator[SeriesKey]:
        """Give the series of which `far_from_history` has nothing to say if they begin here.

        It is asked about every one of them of which there is any doubt.
        """
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        values = _values(self._lot)[self._inorder]
        sizes = np.diff(self._bounds)
        for size in np.unique(sizes).tolist():
            numbers = np.flatnonzero(sizes == size)
            if size > LEAST_POINTS:
                places = self._bounds[numbers][:, None] + np.arange(size)
                numbers = numbers[_none_is_far(values[places])]
            yield from map(self._lot.series.__getitem__, numbers.tolist())


def _values(lot: Lot) -> Floats:
    """Return the values as `float` gives them: the quotient of two exact numbers is the nearest."""
    return lot.millionths / 10.0**MAX_FRACTION_DIGITS


def _none_is_far(values: Floats) -> NDArray[np.bool_]:
    """Tell of each row of values whether, by their own yardstick, none is far for certain."""
    import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

    centres = _medians(values)
    spreads = _medians(np.abs(values - centres))
    # Where more than half are equal, the yardstick is another.
    told = spreads[:, 0] > 0
    scores = NORMAL_QUARTILE * (values - centres) / np.maximum(spreads, FINEST)
    quiet: NDArray[np.bool_] = told & ~(np.abs(scores) > FAR).any(axis=1)
    return quiet


def _medians(values: Floats) -> Floats:
    """Return the median of each row, as `statistics.median` does."""
    import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

    inorder, size = np.sort(values, axis=1), values.shape[1]
    middle: Floats = inorder[:, size // 2 : size // 2 + 1]
    return middle if size % 2 else (inorder[:, size // 2 - 1 : size // 2] + middle) / 2


def doubtful(
    entries: Many[Entry], usual: Mapping[SeriesKey, Usual | None]
) -> Iterator[tuple[Entry, bool]]:
    """Give the rows of the periods in which some may be shifted against each other.

    Each comes in the order of the file, with whether it is of the lot. A period is left out only
    where fewer rows than `shifted` asks for are strange.
    """
    lot = entries.lot
    strange: Counter[Period] = Counter(entry.period for entry in entries.others)
    for number, count in enumerate(_strange(lot, usual)):
        strange[lot.periods[number]] += count
    chosen = {period for period, count in strange.items() if count >= LEAST_ROWS}
    if not chosen:
        return
    within = entries.of_periods(chosen)
    single = {entry.row for entry in within.others}
    for entry in within:
        yield entry, entry.row not in single


def _strange(lot: Lot, usual: Mapping[SeriesKey, Usual | None]) -> list[int]:
    """Count, period by period, the figures that do not fit what is usual of their series."""
    import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

    known = [usual.get(key) for key in lot.series]
    told = [
        (1.0, one.yardstick.centre, one.yardstick.spread, one.newest) if one else (0.0,) * 4
        for one in known
    ]
    has, centre, spread, newest = np.array(told or [(0.0,) * 4]).T[:, lot.of_series]
    values = _values(lot)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = [
            np.where(spread == 0, 0.0, np.abs(NORMAL_QUARTILE * (value - centre) / spread))
            for value in (values, values - (newest - centre))
        ]
    strange = (has > 0) & ~(np.minimum(*scores) <= FAR)
    counts: list[int] = np.bincount(lot.of_period[strange], minlength=len(lot.periods)).tolist()
    return counts
