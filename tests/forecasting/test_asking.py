"""The process that computes forecasts: started when asked, asked once, ended with its owner."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from app.domain.forecast import Estimate, Question
from app.forecasting import asking
from app.forecasting.asking import Forecaster, NotComputed
from tests.parts import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = Question((1, 2, 3, 4, None, 6, 7, 8, 9.5), 12, 3, adds_up=False)
FIVES = [Estimate(5, 5, 5), Estimate(10, 10, 10)]
SUM = Question((5, 5, 5, 5, 5, 5, 5, 5), 12, 2, adds_up=True)


@pytest.fixture
def forecaster() -> Iterator[Forecaster]:
    with closing(Forecaster()) as opened:
        yield opened


def process_of(forecaster: Forecaster) -> subprocess.Popen[bytes]:
    assert forecaster._process is not None
    return forecaster._process


def test_it_answers_as_the_model_does_and_asks_nothing_twice(forecaster: Forecaster) -> None:
    line, sum_, again = forecaster.answers([LINE, SUM, LINE])

    assert line is not None
    assert [round(one.value) for one in line] == [10, 11, 12]
    assert line == again
    assert sum_ == FIVES
    process_of(forecaster).kill()
    assert forecaster.answers([SUM]) == [sum_]


def test_one_course_that_cannot_be_fitted_stops_no_other(forecaster: Forecaster) -> None:
    empty = Question((), 12, 1, adds_up=False)

    assert forecaster.answers([empty, SUM]) == [None, FIVES]


def test_a_process_that_ended_is_started_again(forecaster: Forecaster) -> None:
    forecaster.answers([LINE])
    ended = process_of(forecaster)
    ended.kill()

    assert forecaster.answers([SUM]) == [FIVES]
    assert process_of(forecaster).pid != ended.pid
    assert ended.returncode is not None


def test_nobody_waits_for_one_that_is_closed(
    forecaster: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_START", "import sys; sys.stdin.read()")
    told: list[type[Exception]] = []

    def ask() -> None:
        try:
            forecaster.answers([SUM])
        except NotComputed as error:
            told.append(type(error))

    asker = threading.Thread(target=ask)
    asker.start()
    wait_until(lambda: forecaster._process, seconds=20, what="the process")
    forecaster.close()
    asker.join(20)

    assert told == [NotComputed]


def test_it_ends_with_its_owner() -> None:
    forecaster = Forecaster()
    forecaster.answers([SUM])
    process = process_of(forecaster)
    del forecaster

    assert process.wait(20) is not None


def test_the_service_and_the_commands_start_without_it() -> None:
    """Nothing that is loaded at the start brings statsmodels, scipy or what they need along."""
    code = (
        "import sys, app.main, app.cli.commands, app.forecasting.asking;"
        "print(sorted({'statsmodels', 'scipy', 'patsy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
