"""Every row, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.bench import bulk, exporters, pages, posts, scoreboard, scrape, start, verdicts
from tests.bench.harness import absent
from tests.bench.servers import missing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bench.harness import Bench, Line


@dataclass(frozen=True)
class Row:
    """A row: its name on the command line, what measures it, and the part that Dabiao needs."""

    name: str
    measure: Callable[[Bench], list[Line]]
    part: str | None = None
    is_asked_for: bool = False
    """Whether it is measured only where it is named."""

    def lines(self, bench: Bench) -> list[Line]:
        """Measure it, or say why this machine cannot."""
        if self.part is not None and (why := missing(self.part)):
            return [absent(self.name, self.part, why)]
        return self.measure(bench)


ROWS: Final = {
    row.name: row
    for row in (
        Row("scrape", scrape.measure),
        Row("scrape-figure", scrape.after_a_figure),
        Row("scrape-sql", exporters.measure, part="postgresql"),
        Row("scrape-million", scrape.of_a_million),
        Row("posts-sqlite", posts.on_sqlite),
        Row("posts-postgresql", posts.on_postgresql, part="postgresql"),
        Row("bulk-sqlite", bulk.on_sqlite),
        Row("bulk-postgresql", bulk.on_postgresql, part="postgresql"),
        Row("start", start.measure),
        Row("scoreboard", scoreboard.measure),
        Row("scoreboard-page", pages.scoreboard),
        Row("target-page", pages.target),
        Row("verdicts", verdicts.measure, part="postgresql"),
        Row("national", verdicts.national, part="postgresql", is_asked_for=True),
    )
}
