"""Planners, and the forms of the catalogue's pages as a browser sends them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from app.ledger import journal
from tests.web.reading import Read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from app.ledger.office import Office


PENDENCY = "plan-2013/pendency/exam"
EDIT = f"/catalogue/edit/target/{PENDENCY}"
ENTRY = f"/catalogue/target/{PENDENCY}"
HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}"


@dataclass
class Planner:
    """Somebody who has signed in, and how a browser sends the forms that they fill in."""

    site: TestClient
    token: str

    def get(self, address: str) -> Response:
        return self.site.get(address)

    def fields(self, address: str) -> dict[str, list[str]]:
        """Return the fields of a form as it is given out, as a browser would send them back."""
        page = self.site.get(address)
        assert page.status_code == 200
        return form_of(page.text)

    def post(
        self, address: str, do: str, changed: Mapping[str, object], *, of: str | None = None
    ) -> Response:
        """Fill in a form anew from its page, press one of its buttons, and stay there."""
        given = {**(self.fields(of or address)), **changed}
        sent = {**given, "form_token": self.token, do: given.get(do, "")}
        return self.site.post(address, data=sent, follow_redirects=False)


def form_of(html: str) -> dict[str, list[str]]:
    """Return what a browser would send of the page's form, by the names of its fields."""
    form = html.partition('class="entry"')[2]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        given = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if given.get("type") not in ("checkbox", "radio") or " checked" in tag:
            found.setdefault(given["name"], []).append(given["value"])
    for name, body in re.findall(r'<select [^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        chosen = [value for value, selected in options if selected] or [options[0][0]]
        found[name] = chosen[:1]
    for name, body in re.findall(
        r'<textarea [^>]*name="(\w+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = [body]
    return {name: [unescape(one) for one in values] for name, values in found.items()}


def told(page: Response, status: int = 200) -> str:
    """Return the text of a page of that status."""
    assert page.status_code == status
    return Read(page.text).text


def position(office: Office) -> int:
    """Return the newest place in the journal."""
    with office.database.read() as connection:
        return journal.position(connection)
