"""All that an explanation is told from: a target's line, and where each of its figures stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.lifecycle import of_revision, standing
from app.ledger import forecasts, reviews
from app.ledger.scoreboard import lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from app.domain.catalogue import Catalogue, TargetKey
    from app.domain.figure import Figure
    from app.domain.lifecycle import Review, State
    from app.domain.period import Period
    from app.ledger.catalogue import StoredCatalogue
    from app.ledger.forecasts import Kept
    from app.ledger.scoreboard import Line, Moment


@dataclass(frozen=True, slots=True)
class Explained:
    """A target's line, and what it is told with, all as of one moment.

    standings: per figure that counts (department and period), its state, and what an approver said
    last of this revision. kept: what the model last said of the target's course.
    """

    line: Line
    catalogue: Catalogue
    seen: Moment
    standings: Mapping[tuple[str, Period], tuple[State, Review | None]]
    kept: Kept | None


def explained(
    connection: Connection,
    stored: StoredCatalogue,
    seen: Moment,
    key: TargetKey,
    asked: Period | None = None,
) -> Explained:
    """Return what explains the verdict on a target that is in the catalogue."""
    (line,) = lines(connection, stored, seen, [key], asked)
    counted = line.verdict.counted
    figures = [figure for part in counted.parts for figure in part.figures] if counted else []
    keys = [(key[1], figure.department, figure.period) for figure in figures]
    last = reviews.last(connection, stored, keys, seen.position)

    def stands(figure: Figure) -> tuple[State, Review | None]:
        said = last.get((key[1], figure.department, figure.period))
        return standing(figure.revision, said), of_revision(said, figure.revision)

    return Explained(
        line=line,
        catalogue=stored.catalogue,
        seen=seen,
        standings={(figure.department, figure.period): stands(figure) for figure in figures},
        kept=forecasts.kept(connection, stored, key),
    )
