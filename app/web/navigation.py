"""What the header leads to: the pages that are there, as far as whoever looks may go there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi.routing import iter_route_contexts

from app.web.words import msg

if TYPE_CHECKING:
    from fastapi import FastAPI


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of the navigation: the route that it leads to, by name, and what it is called."""

    route: str
    text: str


ENTRIES: Final = (
    Entry("scoreboard_page", msg("Scoreboard")),
    Entry("report_page", msg("Reporting")),
    Entry("review_page", msg("Review")),
    Entry("catalogue_page", msg("Catalogue")),
    Entry("bulletin_page", msg("Bulletin")),
    Entry("admin_page", msg("Administration")),
)


def routes_of(app: FastAPI) -> frozenset[str]:
    """Return the names of an application's routes."""
    return frozenset(context.name for context in iter_route_contexts(app.routes) if context.name)
