"""What the tests of the review's pages share: people with a session, and what they press."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ledger import reviewing, sessions
from tests.ledger.small_office import add_user
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.domain.access import Role
    from app.domain.lifecycle import State
    from app.ledger.office import Office


@dataclass
class Person:
    """Somebody before the pages, signed in or not."""

    site: TestClient
    token: str = ""

    def get(self, address: str = "/review") -> str:
        """Return a page's HTML."""
        answer = self.site.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def text(self, address: str = "/review") -> str:
        """Return what a page says."""
        return Read(self.get(address)).text

    def post(self, *, to: str = "/review", **fields: object) -> Response:
        """Send the form; `seen` is where the record stands unless given."""
        given = {"form_token": self.token, "seen": str(2**40), **fields}
        return self.site.post(to, data=given, follow_redirects=False)

    def choices(self, address: str = "/review") -> list[str]:
        """Return the figures that can be chosen."""
        found = re.findall(r'name="figure" value="([^"]+)"', self.get(address))
        return [html.unescape(one) for one in found]


def sign_in(
    browse: Callable[..., TestClient], office: Office, name: str, role: Role, *departments: str
) -> Person:
    """Make a user, and begin a session of theirs."""
    user = add_user(office, name, role, *departments)
    with office.database.write() as connection:
        session = sessions.begin(connection, user.id, office.clock())
    site = browse()
    site.headers["Cookie"] = f"dabiao-session={session}"
    return Person(site, sessions.form_token(session))


def standing(office: Office, state: State) -> list[str]:
    """Return the keys of the figures in a state, in order."""
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        found = reviewing.listed(connection, stored, reviewing.Wanted(seen.position), state)
    return sorted("/".join(map(str, one.key)) for one in found)
