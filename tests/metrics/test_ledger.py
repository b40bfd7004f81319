"""What a process found when it verified the ledger, on its own `/metrics/process`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from starlette.testclient import TestClient

from app.ledger import verifying
from app.ledger.invariants import RULES, Checked
from app.main import create_app
from app.settings import Settings
from metrics.negotiation import Format
from metrics.process import SCOPE_KEY, VERIFIED, ProcessMetrics, process_answer
from tests.ledger.small_office import fill, row, send
from tests.ledger.tampering import tamper
from tests.metrics.reading import parsed
from tests.parts import wait_until

if TYPE_CHECKING:
    import pytest

    from app.ledger.office import Office
    from tests.clock import Clock
    from tests.metrics.reading import Found

VIOLATIONS = "kpi_ledger_violations"


def violations(found: Found) -> dict[str, float]:
    """Return how often each invariant is broken."""
    return {
        dict(labels)["invariant"]: n for (name, labels), n in found.items() if name == VIOLATIONS
    }


def test_nothing_is_said_before_anything_was_verified(clock: Clock) -> None:
    metrics = ProcessMetrics()
    for form in Format:
        body = process_answer({SCOPE_KEY: metrics}, form, gzip=False).decode()
        assert f"# TYPE {VERIFIED} gauge" in body
        assert f"\n{VERIFIED} " not in body
        assert f"\n{VIOLATIONS}{{" not in body
    metrics.ledger_checked(Checked("chain", 0))
    metrics.ledger_verified(clock())
    found = parsed(process_answer({SCOPE_KEY: metrics}, Format.TEXT, gzip=False))
    assert violations(found) == {"chain": 0}
    at = [number for (name, _), number in found.items() if name == VERIFIED]
    assert at == [clock().timestamp()]


def test_a_service_whose_ledger_is_tampered_with_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "BETWEEN_ROUNDS", 0.0)
    monkeypatch.setattr(verifying, "REST", 0)
    fill(office)
    assert send(office, row("22.5")).id == 2
    address = office.database.url.render_as_string(hide_password=False)
    app = create_app(Settings(database_url=address, timezone=str(ZoneInfo("Asia/Shanghai"))))
    with TestClient(app) as client:

        def scraped() -> dict[str, float]:
            return violations(parsed(client.get("/metrics/process").content))

        names = {"chain", *(rule.name for rule in RULES)}
        wait_until(lambda: scraped() == dict.fromkeys(names, 0), seconds=60, what="a sound ledger")
        tamper(office.database, "UPDATE submission SET received = 7 WHERE id = 2")
        wait_until(lambda: scraped()["receipts"] == 1, seconds=60, what="the receipt that lies")
        wait_until(lambda: scraped()["chain"] == 1, seconds=60, what="the broken chain")
