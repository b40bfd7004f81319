"""`dabiao receipt` and `dabiao acknowledge`: an odd figure, and what was said to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.folders import ODD, USUAL
from tests.cli.running import dabiao

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def odd(filled: Path, tmp_path: Path) -> dict[str, Any]:
    """Submit a figure that is far from the usual ones, and give its receipt."""
    assert filled.exists()
    for name, text in (("usual.csv", USUAL), ("odd.csv", ODD)):
        (tmp_path / name).write_text(text, "utf-8")
    assert dabiao("submit", "usual.csv").status == 0
    receipt: dict[str, Any] = dabiao("submit", "odd.csv", "--json").json
    assert [found["code"] for found in receipt["findings"]] == ["far_from_history"]
    return receipt


def test_a_receipt_can_be_had_again(odd: dict[str, Any]) -> None:
    assert dabiao("receipt", odd["id"], "--json").json == odd
    shown = dabiao("receipt", odd["id"])
    assert shown.status == 0
    assert shown.out.startswith(f"submission {odd['id']}: accepted (received 1, created 1, ")
    assert "90 is far from the other figures of pendency of exam" in " ".join(shown.err.split())
    assert dabiao("receipt", 10**6).line == "there is no submission 1000000"


def test_an_answer_is_kept_and_shown(odd: dict[str, Any]) -> None:
    answered = dabiao("acknowledge", odd["id"], "--finding", 1, "--note", "Counted twice")
    assert answered.status == 0, answered.err
    assert "finding 1: Counted twice (command line (" in answered.err
    (said,) = dabiao("receipt", odd["id"], "--json").json["acknowledgements"]
    assert (said["finding"], said["code"], said["note"]) == (1, "far_from_history", "Counted twice")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--finding", 2, "--note", "x"], "The submission has no such finding."),
        (["--finding", 1, "--note", " "], "Expected text that is not empty here."),
        (["--finding", 1, "--finding", 1, "--note", "x"], "This warning is answered twice here."),
    ],
)
def test_what_names_no_warning_is_refused(
    odd: dict[str, Any], options: list[object], said: str
) -> None:
    ran = dabiao("acknowledge", odd["id"], *options)
    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert dabiao("receipt", odd["id"], "--json").json["acknowledgements"] == []


@pytest.mark.usefixtures("odd")
def test_no_other_submission_is_answered() -> None:
    ran = dabiao("acknowledge", 10**6, "--finding", 1, "--note", "x")
    assert ran.line == "there is no submission 1000000"
