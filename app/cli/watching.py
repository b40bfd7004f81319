"""How far a long file has come, as a bar on standard error; only where that is a terminal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.cli.context import translator
from app.cli.terminal import err
from app.ledger.progress import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.progress import TaskID

    from app.translation import Language


@contextmanager
def shown(language: Language, console: Console | None = None) -> Iterator[None]:
    """Show how far the deliveries of the block have come, a bar for each stage of each.

    console: standard error unless given. The bars are gone at the end, so that only what came of
    the delivery stays.
    """
    console = console or err()
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        running: dict[str, TaskID] = {}

        def tell(stage: str, done: int, count: int) -> None:
            if done == 0 or stage not in running:
                running[stage] = bars.add_task(translator.translate(stage, language), total=count)
            bars.update(running[stage], completed=done)

        with watched(tell):
            yield
