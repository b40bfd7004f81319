"""New figures of a long delivery, column by column: no object for each of a million rows.

A `Lot` holds plain figures alone: a value, nothing else said, nothing on record of the same key.
`Many` stands for a delivery's figures as one collection, whether a figure is in its lot or is an
object because there is more to it; who goes through it is given objects for all, and who can work
by the column takes `lot` and `others`. numpy does the arithmetic, on integers, and is loaded when
the first lot is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import merge
from itertools import compress
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from app.domain.period import Period

    Integers = NDArray[np.int64]
    Mask = NDArray[np.bool_]
    Cells = tuple[int, str, str, Period, str]
    """Row, KPI code, department code, period and the value's text."""


class Rowed(Protocol):
    """Whatever stands for a row of a delivery and names a figure."""

    @property
    def row(self) -> int:
        """The row's address."""

    @property
    def kpi(self) -> str:
        """The KPI's code."""

    @property
    def department(self) -> str:
        """The department's code."""

    @property
    def period(self) -> Period:
        """The period."""


T = TypeVar("T", bound=Rowed)
U = TypeVar("U", bound=Rowed)


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """Plain new figures, in the order of the delivery; no two of the same key.

    series: KPI and department code of each series, by its number; periods: likewise. Not all of
    them need have a figure.
    rows, of_series, of_period, millionths: of each figure its row, the numbers of its series and
    period, and its value in millionths, exactly. texts: the values as delivered.
    """

    series: Sequence[tuple[str, str]]
    periods: Sequence[Period]
    rows: Integers
    of_series: Integers
    of_period: Integers
    millionths: Integers
    texts: Sequence[str]

    def __len__(self) -> int:
        """Count the figures."""
        return len(self.rows)

    def keys(self) -> Integers:
        """Return a number for each figure's key."""
        return self.of_series * len(self.periods) + self.of_period

    def numbers_of(self, keys: Iterable[tuple[str, str, Period]]) -> list[int]:
        """Return the same numbers for keys; those that no figure of the lot can have are left out.

        keys: each KPI code, department code and period.
        """
        series = {one: number for number, one in enumerate(self.series)}
        periods = {one: number for number, one in enumerate(self.periods)}
        return [
            series[key[:2]] * len(self.periods) + periods[key[2]]
            for key in keys
            if key[:2] in series and key[2] in periods
        ]

    def at(self, rows: Iterable[int]) -> Mask:
        """Tell of each figure whether its row is one of `rows`."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        return np.isin(self.rows, np.array(list(rows), dtype=np.int64))

    def among(self, numbers: Collection[int]) -> Mask:
        """Tell of each figure whether the number of its key is one of `numbers`."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        return np.isin(self.keys(), np.array(list(numbers), dtype=np.int64))

    def repeated(self) -> Mask:
        """Tell of each figure whether another has the same key: only of a lot in the making."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        keys = self.keys()
        inorder = np.sort(keys)
        twice = np.unique(inorder[1:][inorder[1:] == inorder[:-1]])
        return np.isin(keys, twice) if len(twice) else np.zeros(len(keys), dtype=bool)

    def where(self, chosen: Mask) -> Lot:
        """Return the lot of some of its figures."""
        if chosen.all():
            return self
        return Lot(
            self.series,
            self.periods,
            self.rows[chosen],
            self.of_series[chosen],
            self.of_period[chosen],
            self.millionths[chosen],
            list(compress(self.texts, chosen.tolist())),
        )

    def cells(self) -> Iterator[Cells]:
        """Go through the figures."""
        columns = (self.rows.tolist(), self.of_series.tolist(), self.of_period.tolist())
        for row, series, period, text in zip(*columns, self.texts, strict=True):
            yield row, *self.series[series], self.periods[period], text

    def first_rows(self) -> dict[tuple[str, str], int]:
        """Return the series that have figures, each with the row of its first."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        numbers, first = np.unique(self.of_series, return_index=True)
        rows = self.rows[first].tolist()
        return dict(zip(map(self.series.__getitem__, numbers.tolist()), rows, strict=True))

    def given_periods(self) -> list[Period]:
        """Return the periods that have figures."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        return [self.periods[number] for number in np.unique(self.of_period).tolist()]


class Many(Generic[T]):
    """Figures of one delivery as objects, in the order of their rows, most of them in a lot.

    A collection, though not derived of one: whether something is a `Many` is asked a dozen times
    for every post, which would take several times as long of an abstract class.
    lot: those that are not held as objects. others: those that are, in the order of their rows.
    make: makes the object of a figure of the lot from its cells.
    """

    def __init__(self, lot: Lot, others: Sequence[T], make: Callable[..., T]) -> None:
        """Put the two together."""
        self.lot, self.others = lot, list(others)
        self._make = make

    def __len__(self) -> int:
        """Count all of them."""
        return len(self.lot) + len(self.others)

    def __iter__(self) -> Iterator[T]:
        """Go through all of them as objects."""
        return merge(self.made(self.lot), self.others, key=attrgetter("row"))

    def __contains__(self, item: object) -> bool:
        """Tell whether an object is one of them; looks at all."""
        return any(one == item for one in self)

    def made(self, lot: Lot) -> Iterator[T]:
        """Make the objects of figures of the lot."""
        return (self._make(*cells) for cells in lot.cells())

    def single_out(self, keys: Iterable[tuple[str, str, Period]]) -> None:
        """Hold the figures of these keys as objects from now on: there is more to them."""
        numbers = self.lot.numbers_of(keys)
        if not numbers:
            return
        known = self.lot.among(numbers)
        singled = [*self.others, *self.made(self.lot.where(known))]
        self.others = sorted(singled, key=attrgetter("row"))
        self.lot = self.lot.where(~known)

    def of_periods(self, periods: Collection[Period]) -> Many[T]:
        """Return those of some periods."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        chosen = np.array([period in periods for period in self.lot.periods] or [False])
        others = [one for one in self.others if one.period in periods]
        return Many(self.lot.where(chosen[self.lot.of_period]), others, self._make)

    def first_rows(self) -> dict[tuple[str, str], int]:
        """Return the series that have figures in the order of the rows, each with its first row."""
        found = self.lot.first_rows()
        for one in self.others:
            key = (one.kpi, one.department)
            found[key] = min(one.row, found.get(key, one.row))
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def periods(self) -> set[Period]:
        """Return the periods that have figures."""
        return {*self.lot.given_periods(), *(one.period for one in self.others)}


def lot_of(items: Collection[Any]) -> Lot | None:
    """Return the lot in which most of a collection's figures are, if there is one."""
    return items.lot if isinstance(items, Many) else None


def singles(items: Collection[T]) -> Collection[T]:
    """Return those of a collection that are held as objects: all of them where it has no lot."""
    return items.others if isinstance(items, Many) else items
