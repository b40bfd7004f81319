"""A lot as rows of `revision`: as each engine takes them, and as their lines are sealed.

What differs from figure to figure is put between what does not, some thousand figures at a time.
Rows go in the order of the table's key, so that its index is written page by page; lines are made
in their own order, in which they are sealed. They are the same lines as `sealing.line` writes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from app.domain.figure import ObservationStatus
from app.domain.number import write_number
from app.ledger.sealing import spelled
from app.ledger.tables import revision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.lots import Integers, Lot

NAMES: Final = (
    "kpi_id",
    "department_id",
    "period",
    "revision",
    "submission_id",
    "row_number",
    "value",
    "observation_status",
)
"""The columns that are filled; the others are empty."""
_FIRST: Final = 1
PIECE: Final = 1_000
"""Rows that are made at a time, and that SQLite is given by one statement."""
_STATUS: Final = ObservationStatus.NORMAL.value


class LotRows:
    """The rows of a lot under a submission."""

    def __init__(self, lot: Lot, stored: StoredCatalogue, submission: int) -> None:
        """Look up the numbers that stand for codes; submission: the number of the delivery's."""
        self._lot = lot
        self._submission = submission
        self._ids = [(stored.kpi_ids[kpi], stored.department_ids[code]) for kpi, code in lot.series]
        self._periods = list(map(str, lot.periods))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._lot)

    def copied(self) -> Iterator[bytes]:
        """Give the rows as PostgreSQL's COPY reads them, in the order of the key."""
        series = [f"{kpi}\t{department}\t" for kpi, department in self._ids]
        periods = [f"{period}\t{_FIRST}\t{self._submission}\t" for period in self._periods]
        for at in self._pieces(self._ids):
            yield self._joined(at, series, periods, "\t", f"\t{_STATUS}\n")

    def inserted(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """Give the statements that insert the rows into SQLite, in the order of the key.

        Each has many rows. For every statement SQLite notes what the pages looked like before it,
        since a trigger might refuse it half-way: with a row each, that writes 8 KB a row.
        """
        lot, columns = self._lot, ", ".join(NAMES)
        row = f"(?, ?, ?, {_FIRST}, {self._submission}, ?, ?, '{_STATUS}')"
        for at in self._pieces(self._ids):
            cells: list[object] = [None] * (5 * len(at))
            ids = [self._ids[series] for series in lot.of_series[at].tolist()]
            cells[0::5], cells[1::5] = zip(*ids, strict=True)
            cells[2::5] = map(self._periods.__getitem__, lot.of_period[at].tolist())
            cells[3::5], cells[4::5] = lot.rows[at].tolist(), lot.millionths[at].tolist()
            rows = ", ".join([row] * len(at))
            yield f"INSERT INTO {revision.name} ({columns}) VALUES {rows}", tuple(cells)  # noqa: S608 - names and numbers of ours

    def lines(self) -> Iterator[bytes]:
        """Give the rows' lines in their order, each ended by a line feed."""
        heads = [
            f'["{revision.name}",{{"department_id":{department},"kpi_id":{kpi},'
            f'"observation_status":{spelled(_STATUS)},"period":'
            for kpi, department in self._ids
        ]
        periods = [
            f'{spelled(period)},"revision":{_FIRST},"row_number":' for period in self._periods
        ]
        middle = f',"submission_id":{self._submission},"value":"'
        for at in self._pieces([(str(department), str(kpi)) for kpi, department in self._ids]):
            yield self._joined(at, heads, periods, middle, '"}]\n')

    def _joined(
        self, at: Integers, series: Sequence[str], periods: Sequence[str], middle: str, end: str
    ) -> bytes:
        """Write some figures: series, period, row, `middle`, value, `end`."""
        lot = self._lot
        texts = list(map(lot.texts.__getitem__, at.tolist()))
        cells = [end] * (6 * len(texts))
        cells[0::6] = map(series.__getitem__, lot.of_series[at].tolist())
        cells[1::6] = map(periods.__getitem__, lot.of_period[at].tolist())
        cells[2::6] = map(str, lot.rows[at].tolist())
        cells[3::6] = [middle] * len(texts)
        # Most numbers are written as people write them: no zero at either end, and no sign.
        cells[4::6] = [text if text[-1] != "0" < text[0] else _canonical(text) for text in texts]
        return "".join(cells).encode()

    def _pieces(self, series: Sequence[Any]) -> Iterator[Integers]:
        """Give the places of the figures by series, in the order of `series`, and by period."""
        import numpy as np  # noqa: PLC0415 - heavy, and only long deliveries need it

        ranks = [np.empty(len(names), np.int64) for names in (series, self._periods)]
        for rank, names in zip(ranks, (series, self._periods), strict=True):
            rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
        keys = ranks[0][self._lot.of_series] * len(self._periods) + ranks[1][self._lot.of_period]
        inorder = np.argsort(keys, kind="stable")
        for start in range(0, len(inorder), PIECE):
            yield inorder[start : start + PIECE]


def _canonical(text: str) -> str:
    """Write a plain number as `write_number` does."""
    if text[0] > "0":
        return text.rstrip("0").rstrip(".") if "." in text else text
    return write_number(Decimal(text))
