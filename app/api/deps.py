"""What a route is given: the office, the settings, the language, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from app.domain.access import Actor
from app.intake.desk import Desk
from app.ledger.key_ring import KeyRing
from app.ledger.key_uses import KeyUses
from app.ledger.office import Office
from app.settings import Settings
from app.translation import Language, Translator, negotiate


@dataclass(frozen=True)
class Services:
    """What the application was put together from.

    revision: the newest migration that the code knows.
    uses: what notes when keys were last used. ring: the keys that were looked up lately.
    desk: where deliveries are taken in.
    """

    office: Office
    settings: Settings
    translator: Translator
    revision: str | None
    uses: KeyUses
    ring: KeyRing
    desk: Desk


def services_of(request: Request) -> Services:
    """Return what the application was put together from."""
    services: Services = request.app.state.services
    return services


def language_of(request: Request) -> Language:
    """Return the language that a request wants to be answered in."""
    # A header that comes several times means the same as one with all its values.
    asked = ",".join(request.headers.getlist("accept-language"))
    return negotiate(asked, services_of(request).settings.language)


# `async`, although they wait for nothing: FastAPI sends a plain function to a thread.


async def _services(request: Request) -> Services:
    return services_of(request)


async def _language(request: Request) -> Language:
    return language_of(request)


async def _actor(request: Request) -> Actor:
    actor: Actor = request.state.actor
    return actor


Here = Annotated[Services, Depends(_services)]
Spoken = Annotated[Language, Depends(_language)]
Who = Annotated[Actor, Depends(_actor)]
"""Who asks; only where access demands a key."""
