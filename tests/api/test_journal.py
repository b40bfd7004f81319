"""The log of everything that was ever written, with its seals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.ledger import chain
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from app.ledger.office import Office
    from tests.api.contract import Client

ADDRESS = "/api/v1/journal"


def asked(api: Client, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's
    answer = api.get(ADDRESS, params=query, headers=api.bearing("admin"))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_every_write_is_told_with_its_seal(api: Client, small_office: Office) -> None:
    receipt = api.post_actuals(row("22.54"), key="reporter").json()
    refused = api.post_actuals(row("nonsense"), key="reporter").json()
    found = asked(api)["items"]
    assert [entry["id"] for entry in found] == list(range(1, len(found) + 1))
    with small_office.database.read() as connection:
        seals = [link.point.digest for link in chain.links(connection)]
    assert [entry["seal"] for entry in found] == seals
    assert found[0]["kind"] == "catalogue"
    posted, last = found[receipt["id"] - 1], found[-1]
    assert {**posted, "key": None, "seal": None} == {
        "id": receipt["id"],
        "recorded_at": "2014-01-05T12:00:00+08:00",
        "kind": "submission",
        "action": "accepted",
        "subject": "api",
        "actor": "reporter",
        "user": None,
        "key": None,
        "seal": None,
    }
    assert (last["id"], last["action"]) == (refused["id"], "refused")


def test_it_is_read_page_by_page_as_it_was_when_the_first_was_read(api: Client) -> None:
    whole = asked(api)["items"]
    first = asked(api, limit=2)
    api.post_actuals(row("22.54"), key="reporter")
    pages, cursor = first["items"], first["next"]
    while cursor is not None:
        page = asked(api, limit=2, cursor=cursor)
        pages, cursor = pages + page["items"], page["next"]
    assert pages == whole


def test_one_kind_alone_can_be_asked_for(api: Client) -> None:
    receipt = api.post_actuals(row("22.54"), key="reporter").json()
    assert [entry["id"] for entry in asked(api, kind="submission")["items"]] == [receipt["id"]]
    kinds = {entry["kind"] for entry in asked(api)["items"]}
    for kind in kinds:
        assert {entry["kind"] for entry in asked(api, kind=kind)["items"]} == {kind}


@pytest.mark.parametrize(
    "query", [{"kind": "weather"}, {"limit": 0}, {"cursor": "x"}, {"kin": "key"}]
)
def test_what_cannot_be_asked_is_refused(api: Client, query: dict[str, Any]) -> None:
    assert api.get(ADDRESS, params=query, headers=api.bearing("admin")).status_code == 422


def test_no_secret_is_in_it(api: Client, secrets: dict[str, str]) -> None:
    text = api.get(ADDRESS, headers=api.bearing("admin")).text
    assert [secret for secret in secrets.values() if secret in text] == []
