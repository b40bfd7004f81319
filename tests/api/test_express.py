"""The usual post takes a shorter way, and nobody can tell by the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from app.api.express import UsualPost
from app.domain.access import Role
from app.errors import Interrupted, Misconfigured, OutcomeUnknown, Unavailable
from app.intake.desk import Desk
from app.ledger import keys
from app.ledger.database import Database
from app.ledger.migrating import migrate
from app.ledger.office import Office
from app.main import create_app
from app.settings import Settings
from tests.api.conftest import issue
from tests.api.contract import Client
from tests.ledger.small_office import ADMIN, fill, row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.clock import Clock

ADDRESS = "/api/v1/submissions"
DETOUR = {"Content-Encoding": "identity"}
"""Means nothing, and so leaves the answer as it is; but the short way does not know it."""


def body(*rows: dict[str, object]) -> bytes:
    return json.dumps({"actuals": rows}).encode()


POSTS: tuple[tuple[bytes, dict[str, str]], ...] = (
    (body(row("22.5")), {}),
    (body(row("22.5")), {"Accept-Language": "zh"}),
    (body(row("22.5")), {"Accept-Language": "fr, zh;q=0.1", "X-Whatever": "x"}),
    (body(row("22.5"), row("23", "2013-04")), {"Idempotency-Key": "k"}),
    (body(row("22.5"), row("23", "2013-04")), {"Idempotency-Key": "k"}),
    (body(row("24", "2013-04")), {"Idempotency-Key": "k"}),
    (body(row("24", "2013-04")), {}),
    (body(row("24", "2013-04", reason="recount")), {}),
    (body(row("x", "2013-99", kpi="nope")), {"Accept-Language": "zh"}),
    (body(row("24", "2013-05", department="office")), {}),
    (body(row("24", "2013-05"), row("24", "2013-05")), {}),
    (body(), {}),
    (b"", {}),
    (b"{", {}),
    (b'\xef\xbb\xbf{"actuals": []}', {}),
    (b"\xff\xfe", {"Accept-Language": "zh"}),
    (b'{"actuals": [{"value": NaN}], "x": 1}', {}),
    (body(row("900", "2013-06", note="n" * 5000)), {"Idempotency-Key": "long"}),
    (body(row("22", "2013-07")), {"Idempotency-Key": "k" * 200}),
)
"""Bodies that are taken, odd, refused or no figures at all, and their headers."""


@pytest.fixture
def other_office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    """A second office, which is told the same in another way."""
    database = Database.of_file(tmp_path / "other.db")
    migrate(database)
    yield fill(Office(database, ZoneInfo("Asia/Shanghai"), clock))
    database.close()


@pytest.fixture
def other(other_office: Office, clock: Clock) -> Iterator[Client]:
    url = other_office.database.url.render_as_string(hide_password=False)
    client = Client(create_app(Settings.model_validate({"database_url": url}), clock))
    client.keys = {role.value: issue(other_office, role.value, role) for role in Role}
    client.keys |= {
        code: issue(other_office, code, Role.REPORTER, code) for code in ("law", "exam")
    }
    with client:
        yield client


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[UsualPost]:
    """What went the short way."""
    went: list[UsualPost] = []
    take = UsualPost.take

    async def noted(self: UsualPost, *given: Any) -> None:  # noqa: ANN401 - an ASGI application's
        went.append(self)
        await take(self, *given)

    monkeypatch.setattr(UsualPost, "take", noted)
    return went


def post(client: Client, content: bytes, key: str = "admin", **headers: str) -> Any:  # noqa: ANN401 - httpx's
    given = {"Content-Type": "application/json", **client.bearing(key), **headers}
    return client.post(ADDRESS, content=content, headers=given)


def told(answer: Any) -> object:  # noqa: ANN401 - httpx's
    return answer.status_code, answer.headers.raw, answer.content


def test_the_answers_are_the_same_byte_for_byte(
    api: Client, other: Client, taken: list[UsualPost]
) -> None:
    for key in ("admin", "exam", "law"):
        post(api, b"{}", key), post(other, b"{}", key)  # now the keys are known
        for content, headers in POSTS:
            before = len(taken)
            short = post(api, content, key, **headers)
            assert len(taken) == before + 1, headers
            long = post(other, content, key, **headers, **DETOUR)
            assert len(taken) == before + 1
            assert told(short) == told(long), content


@pytest.mark.parametrize("error", [Unavailable, Interrupted, OutcomeUnknown])
def test_an_outage_is_told_in_the_same_way(
    api: Client, taken: list[UsualPost], monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def gone(*_: object) -> None:
        raise error("gone")

    post(api, b"{}")
    monkeypatch.setattr(Desk, "receive", gone)
    short, long = post(api, body(row("22"))), post(api, body(row("22")), **DETOUR)
    assert len(taken) == 1
    assert short.status_code == 503
    assert told(short) == told(long)


def test_the_guard_before_everything_stands_before_it(
    start: Callable[..., Client],
    secrets: dict[str, str],
    taken: list[UsualPost],
    tmp_path: Path,
) -> None:
    config = tmp_path / "web.yml"
    config.write_text("http_server_config: {headers: {X-Frame-Options: deny}}")
    api = start(web_config_file=str(config))
    api.keys = secrets
    post(api, b"{}")
    answer = post(api, body(row("22")))
    assert len(taken) == 1
    assert answer.headers["X-Frame-Options"] == "deny"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, "?dry_run=true"),
        ({}, "?on_error=skip"),
        ({}, "?wrong=1"),
        ({"Content-Type": "text/csv"}, ""),
        ({"Content-Type": "application/json; charset=utf-8"}, ""),
        ({"Content-Encoding": "gzip"}, ""),
        ({"Idempotency-Key": ""}, ""),
        ({"Idempotency-Key": "k" * 201}, ""),
        ({"Authorization": "Bearer dbk_wrong"}, ""),
        ({"Authorization": "Basic YTpi"}, ""),
        ({"Authorization": ""}, ""),
    ],
)
def test_whatever_is_not_plain_goes_the_long_way(
    api: Client, taken: list[UsualPost], headers: dict[str, str], query: str
) -> None:
    post(api, b"{}")
    given = {"Content-Type": "application/json", **api.bearing("admin"), **headers}
    api.post(ADDRESS + query, content=body(row("22")), headers=given)
    assert taken == []


def test_what_comes_twice_goes_the_long_way(api: Client, taken: list[UsualPost]) -> None:
    post(api, b"{}")
    bearer = api.bearing("admin")["Authorization"]
    plain = [("Content-Type", "application/json"), ("Authorization", bearer)]
    for more in (plain[:1], plain[1:], [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]):
        api.post(ADDRESS, content=body(row("22")), headers=[*plain, *more])
    assert taken == []


def test_a_long_body_goes_the_long_way(
    start: Callable[..., Client], secrets: dict[str, str], taken: list[UsualPost]
) -> None:
    api = start()
    api.keys = secrets
    post(api, b"{}")
    assert post(api, b" " * (64 * 1024 + 1)).status_code == 422
    small = start(max_upload_bytes=1024)
    small.keys = secrets
    post(small, b"{}")
    assert post(small, b" " * 1025).status_code == 413
    assert taken == []


def test_a_body_without_a_length_goes_the_long_way(api: Client, taken: list[UsualPost]) -> None:
    post(api, b"{}")
    given = {"Content-Type": "application/json", **api.bearing("admin")}
    answer = api.post(ADDRESS, content=iter([body(row("22"))]), headers=given)
    assert answer.status_code == 201
    assert taken == []


def test_the_key_has_to_have_been_looked_up(api: Client, taken: list[UsualPost]) -> None:
    assert post(api, body(row("22"))).status_code == 201
    assert taken == []
    assert post(api, body(row("22"))).status_code == 201
    assert len(taken) == 1


def test_who_may_not_post_is_told_so_the_long_way(api: Client, taken: list[UsualPost]) -> None:
    for _ in range(2):
        assert post(api, body(row("22")), "reader").status_code == 403
    assert taken == []


def test_a_revoked_key_posts_nothing(
    api: Client, small_office: Office, taken: list[UsualPost]
) -> None:
    assert post(api, body(row("22")), "exam").status_code == 201
    with small_office.database.write() as connection:
        (number,) = [key.id for key in keys.listed(connection) if key.name == "exam"]
        keys.revoke(connection, number, actor=ADMIN, now=small_office.clock())
    assert post(api, body(row("23", "2013-04")), "exam").status_code == 401
    assert len(taken) == 1
    assert len(api.get("/api/v1/actuals").json()["items"]) == 1


def test_it_counts_as_the_route_that_it_stands_for(api: Client) -> None:
    for _ in range(3):
        post(api, body(row("22")))
    label = (
        'http_request_duration_seconds_count{code="201",method="POST",route="/api/v1/submissions"}'
    )
    assert f"{label} 3.0" in api.get("/metrics/process").text


def test_a_short_way_that_asks_nobody_keeps_the_service_from_starting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(UsualPost, "dependencies", ())
    with pytest.raises(Misconfigured, match="post_submission"):
        _ = create_app(Settings()).application
