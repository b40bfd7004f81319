"""The log's two forms."""

from __future__ import annotations

import json
import logging
import logging.config
import re
from typing import TYPE_CHECKING, Literal

import pytest

from app.log import configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

Form = Literal["console", "json"]


@pytest.fixture
def put_back() -> Iterator[None]:
    """Leave the log of the test run as it was."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    yield
    root.level, root.handlers[:] = before


def lines(form: Form, capsys: pytest.CaptureFixture[str]) -> list[str]:
    logging.config.dictConfig(configuration(form))
    logging.getLogger("uvicorn.error").info(
        "Started %s", "达标", extra={"port": 8000, "color_message": "*"}
    )
    try:
        int("why")
    except ValueError:
        logging.getLogger("app").exception("went wrong")
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


@pytest.mark.usefixtures("put_back")
def test_people_get_a_line_and_the_traceback_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *traceback = lines("console", capsys)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} INFO uvicorn.error: Started 达标",
                        first)  # fmt: skip
    assert "ERROR app: went wrong" in second
    assert traceback[-1].startswith("ValueError: ")


@pytest.mark.usefixtures("put_back")
def test_programs_get_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (json.loads(line) for line in lines("json", capsys))

    assert first.pop("time")
    assert first == {
        "level": "INFO", "logger": "uvicorn.error", "message": "Started 达标", "port": 8000,
    }  # fmt: skip
    assert second["message"] == "went wrong"
    assert "ValueError: " in second["exc_info"]
