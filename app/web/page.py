"""What a page's route is given, and how it answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol
from urllib.parse import urlencode

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from app import __version__
from app.errors import Unavailable
from app.ledger import illustration, overview, users
from app.ledger.sessions import form_token
from app.translation import LABELS, Language, negotiate
from app.web import formats
from app.web.choices import Choices
from app.web.navigation import ENTRIES, routes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response

    from app.domain.access import Actor
    from app.domain.saying import Saying
    from app.domain.user import User
    from app.ledger.office import Office
    from app.settings import Settings
    from app.translation import Translator

HERE: Final = Path(__file__).parent
_CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _CONTENT_POLICY,
    # Not no-referrer: a browser would then name no origin with the forms that it sends us.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""What every page is sent with."""

LANGUAGE_COOKIE: Final = "dabiao-language"
THEME_COOKIE: Final = "dabiao-theme"
THEMES: Final = ("auto", "light", "dark")

_LANGUAGES: Final[Mapping[str, Language]] = {"zh": "zh", "en": "en"}

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Services(Protocol):
    """What the application was put together from, as far as pages use it."""

    @property
    def office(self) -> Office:
        """The office's record."""

    @property
    def settings(self) -> Settings:
        """The settings."""

    @property
    def translator(self) -> Translator:
        """The messages."""


@dataclass
class Site:
    """What all pages share. `allows` tells whether somebody may use a route, by its name."""

    services: Services
    allows: Callable[[Actor | None, str], bool]
    illustration: illustration.Watch = field(default_factory=illustration.Watch)
    glances: overview.Glances = field(default_factory=overview.Glances)
    choices: Choices = field(default_factory=Choices)


class Page:
    """One request for a page."""

    def __init__(self, request: Request) -> None:
        """Look at a request."""
        self.request = request
        self.site: Site = request.app.state.site

    @property
    def office(self) -> Office:
        """The office's record."""
        return self.site.services.office

    @cached_property
    def language(self) -> Language:
        """The language chosen, or else the one that the browser asks for."""
        chosen = _LANGUAGES.get(self.request.cookies.get(LANGUAGE_COOKIE, ""))
        if chosen is not None:
            return chosen
        asked = ",".join(self.request.headers.getlist("accept-language"))
        return negotiate(asked, self.site.services.settings.language)

    @property
    def theme(self) -> str:
        """The colours chosen: `auto`, which follows the machine, `light` or `dark`."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "auto"

    @property
    def actor(self) -> Actor | None:
        """Who looks; None for somebody who has not signed in."""
        return getattr(self.request.state, "actor", None)

    @property
    def user(self) -> User | None:
        """The user who has signed in; None for nobody, and for whoever shows a key."""
        return getattr(self.request.state, "user", None)

    @property
    def form_token(self) -> str:
        """What every form of a session bears; empty where there is no session."""
        session = getattr(self.request.state, "session", None)
        return "" if session is None else form_token(session)

    @property
    def here(self) -> str:
        """This page's own address, with its query."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    def then(self, *names: str) -> dict[str, str]:
        """Return as of when the page is seen, as its address says, for the links that go on."""
        given = self.request.query_params
        return {name: given[name] for name in ("as_of", *names) if given.get(name)}

    def speak(self, text: str, /, **values: object) -> str:
        """Return a text in the page's language, its placeholders filled in."""
        spoken = self.site.services.translator.translate(text, self.language)
        if spoken in LABELS:  # statuses are codes in English: off_track
            spoken = spoken.replace("_", " ")
        return spoken.format(**values) if values else spoken

    def say(self, saying: Saying) -> str:
        """Return a sentence of the domain in the page's language."""
        return self.site.services.translator.say(saying, self.language)

    def name(self, thing: Any) -> str:  # noqa: ANN401 - a plan, a department or a KPI
        """Return the name of a plan, a department or a KPI."""
        found: str = thing.name_zh if self.language == "zh" else thing.name_en
        return found

    def unit(self, thing: Any) -> str:  # noqa: ANN401 - a KPI
        """Return the unit of a KPI."""
        found: str = thing.unit_zh if self.language == "zh" else thing.unit_en
        return found

    def has(self, route: str) -> bool:
        """Tell whether a page is there, whoever may use it."""
        return route in _routes(self.request.app)

    def may(self, route: str) -> bool:
        """Tell whether a page is there and whoever looks may use it."""
        return self.has(route) and self.site.allows(self.actor, route)

    def link(self, route: str, /, query: Mapping[str, object] | None = None, **path: object) -> str:
        """Return the address of a route, below wherever the service is mounted."""
        made = str(_addresses(self.request.app)(route, **path))
        given = "&".join(
            _parameter(name, str(value))
            for name, value in (query or {}).items()
            if value not in (None, "")
        )
        address = self.request.scope.get("root_path", "") + made
        return f"{address}?{given}" if given else address

    def asset(self, name: str) -> str:
        """Return the address of a file under `static`; another version has another address."""
        return f"{self.request.scope.get('root_path', '')}/static/{name}?v={_digest(name)}"

    def entries(self) -> list[tuple[str, str, bool]]:
        """Return the navigation: address, text, and whether it leads here."""
        here = self.request.scope.get("route")
        return [
            (self.link(entry.route), entry.text, entry.route == getattr(here, "name", None))
            for entry in ENTRIES
            if self.may(entry.route)
        ]

    def has_given_password(self) -> bool:
        """Tell whether somebody has signed in with a password that an admin made."""
        if self.user is None:
            return False
        try:
            with self.office.database.read() as connection:
                return not users.has_own_password(connection, self.user)
        except Unavailable:  # as below
            return False

    def is_illustrative(self) -> bool:
        """Tell whether the record holds figures that were made up to be looked at."""
        try:
            return self.site.illustration.seen(self.office.database)
        except Unavailable:  # then the page tells that, and shows no figures
            return False

    def render(
        self, template: str, /, *, status: int = 200, headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:  # fmt: skip
        """Return a page."""
        text = _TEMPLATES.get_template(template).render(
            page=self, _=self.speak, formats=formats, version=__version__, **values
        )
        spoken = {"Content-Language": self.language, "Vary": "Accept-Language, Cookie"}
        kept = {"Cache-Control": "private, no-cache"}
        return HTMLResponse(text, status, {**HEADERS, **spoken, **kept, **(headers or {})})

    def go(self, address: str) -> Response:
        """Send the browser on to another page."""
        return RedirectResponse(address, 303, HEADERS)


async def _page(request: Request) -> Page:
    return Page(request)


Here = Annotated[Page, Depends(_page)]


@lru_cache(maxsize=8192)
def _parameter(name: str, value: str) -> str:
    """Write a parameter of an address: one page has the same few in hundreds of links."""
    return urlencode({name: value})


@lru_cache(maxsize=64)
def _digest(name: str) -> str:
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]


def _addresses(app: Any) -> Callable[..., object]:  # noqa: ANN401 - as below
    """Return what tells a route's address: to look through all routes for every link takes long."""
    state = app.state
    if not hasattr(state, "addresses"):
        state.addresses = lru_cache(maxsize=8192)(app.url_path_for)
    found: Callable[..., object] = state.addresses
    return found


def _routes(app: Any) -> frozenset[str]:  # noqa: ANN401 - Starlette's type of it says nothing
    state = app.state
    if not hasattr(state, "route_names"):
        state.route_names = routes_of(app)
    names: frozenset[str] = state.route_names
    return names
