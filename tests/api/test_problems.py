"""Errors as problem documents, whoever raises them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from starlette.exceptions import HTTPException

from app import errors
from app.api import problems, remote_read
from app.ledger.migrating import migrate
from app.main import create_app
from app.settings import Settings
from app.translation import DETAILS, TITLES
from tests.api.contract import Client, check_problem

if TYPE_CHECKING:
    from pathlib import Path

    from app.ledger.office import Office

ALL = {
    problem.type: problem
    for problem in (
        *problems.BY_ERROR.values(),
        *problems.BY_STATUS.values(),
        remote_read.NOT_READ,
    )
}


def test_every_error_of_ours_has_its_problem() -> None:
    raised = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DabiaoError)
    } - {errors.DabiaoError, errors.Misconfigured}

    assert raised == set(problems.BY_ERROR)
    assert len({problem.title for problem in ALL.values()}) == len(ALL)


def test_every_problem_is_told_in_both_languages() -> None:
    assert {problem.title for problem in ALL.values()} == set(TITLES)
    # The web-config file's door is of the same type, and has words of its own.
    told = (*ALL.values(), problems.PASSWORD_NEEDED)
    assert {problem.detail for problem in told} == set(DETAILS)


def test_another_method_is_told_with_those_that_are_taken(api: Client) -> None:
    for address, allowed in (
        ("/api/v1/scoreboard", "GET, HEAD"),
        ("/api/v1/plans/plan-2013", "GET, HEAD, PUT"),
        ("/api/v1/submissions", "GET, HEAD, POST"),
        ("/", "GET, HEAD"),
        ("/static/app.css", "GET, HEAD"),
    ):
        answer = api.delete(address)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), address
        assert answer.json()["type"] == "/problems/method-not-allowed"


def test_head_is_get_without_the_body(api: Client) -> None:
    for address in ("/api/v1/scoreboard", "/api/v1/plans/none", "/", "/-/ready", "/api/v1/actuals"):
        get = api.get(address, params={"format": "csv"} if "actuals" in address else {})
        head = api.head(address, params={"format": "csv"} if "actuals" in address else {})
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers == get.headers
    assert api.head("/metrics").content == b""
    assert api.head("/api/v1/plans", headers={"Authorization": "Bearer x"}).status_code == 401


def test_an_error_of_ours_tells_nothing_of_the_inside(
    api: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_arguments: object) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr("app.api.scoreboard.scoreboard_row", fails)
    monkeypatch.setattr(api, "contract", _Nothing())

    answer = api.get("/api/v1/scoreboard", headers={"Accept-Language": "zh"})

    assert answer.status_code == 500
    assert answer.json() == {
        "type": "/problems/internal-error",
        "title": "内部错误",
        "status": 500,
        "detail": "服务内部出错，详情见日志。",
    }
    assert "secret" not in answer.text
    assert caplog.records == [] or caplog.records[0].levelno >= logging.ERROR


class _Nothing:
    def check(self, answer: object) -> None:
        """Let pass what is no described answer."""


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1"
    with Client(create_app(Settings(database_url=url))) as api:
        for address in ("/api/v1/scoreboard", "/api/v1/actuals?format=csv", "/-/ready"):
            answer = api.get(address)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            check_problem(answer)
        posted = api.post("/api/v1/submissions", headers={"Authorization": "Bearer dbk_x"})
        assert posted.status_code == 503
        assert api.get("/-/healthy").text == "healthy\n"
        assert api.get("/metrics").status_code == 200


def test_only_the_newest_migration_is_ready(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    with Client(create_app(Settings(database_url=url))) as api:
        assert api.get("/-/ready").status_code == 503
        services = api.app.application.state.services  # type: ignore[attr-defined]
        office: Office = services.office
        migrate(office.database)
        assert (api.get("/-/ready").status_code, api.get("/-/ready").text) == (200, "ready\n")
        migrate(office.database, "-1")
        assert api.get("/-/ready").status_code == 503


@pytest.mark.parametrize("status", [400, 418, 431])
def test_what_the_framework_refuses_by_itself_is_a_problem_too(
    api: Client, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def fails(*_arguments: object) -> None:
        raise HTTPException(status, headers={"X-More": "kept"})

    monkeypatch.setattr("app.api.scoreboard.scoreboard_row", fails)
    monkeypatch.setattr(api, "contract", _Nothing())

    answer = api.get("/api/v1/scoreboard")

    assert (answer.status_code, answer.headers["x-more"]) == (status, "kept")
    check_problem(answer)
