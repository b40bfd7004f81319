"""Clients that post through the service, and one that scrapes it, while something fails.

Each client has a place of its own and posts 1, 2, 3 and so on there, each figure under a key of its
own, and sends a figure again, under the same key, until it is told that it is on record. So what
must be there afterwards can be counted: the revisions of a place are those numbers in order, none
missing and none twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from itertools import count, pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self

import httpx
import sqlalchemy as sa

from app.ledger.database import Database
from tests.bench.ledger import Shape, fill, new_key, opened
from tests.bench.servers import dabiao
from tests.parts import wait_until
from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS: Final = 8
_MONTHS: Final = (f"{year}-{month:02d}" for year in range(2005, 2025) for month in range(1, 13))
"""A month for every posting of a run, so that one finds nothing of another at its places."""
_PATIENCE: Final = 8.0
"""Seconds that a client waits for an answer before it sends its figure again."""
_SCRAPE_PATIENCE: Final = 10.0
"""Prometheus's own, unless told."""


@dataclass
class Client:
    """One that posts, and what it was told: per figure the receipt."""

    number: int
    url: str
    key: str
    period: str
    receipts: dict[int, int] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def department(self) -> str:
        """The department that nobody else posts for."""
        return f"region-{self.number:05d}"

    @property
    def name(self) -> str:
        """What its figures' keys begin with."""
        return f"{self.period}/{self.number}"

    def run(self) -> None:
        """Post until told to end; a figure that was sent stays the current one until it is told."""
        with httpx.Client(base_url=self.url, trust_env=False, timeout=_PATIENCE) as client:
            for value in count(1):
                while not self._is_told(client, value):
                    if self.ending.wait(0.2):
                        return
                if self.ending.is_set():
                    return

    def _is_told(self, client: httpx.Client, value: int) -> bool:
        figure = {
            "kpi": "measure-0000",
            "department": self.department,
            "period": self.period,
            "value": value,
            "reason": "the next number",
        }
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": f"{self.name} {value}",
        }
        try:
            answer = client.post("/api/v1/submissions", json={"actuals": [figure]}, headers=headers)
        except httpx.TransportError as error:
            self.troubles[type(error).__name__] += 1
            return False
        if answer.status_code == 201:
            self.receipts[value] = answer.json()["id"]
            self.times.append(monotonic())
            return True
        kind = answer.json().get("type", "") if answer.content else ""
        retry = answer.headers.get("retry-after")
        self.troubles[f"{answer.status_code} {kind} {retry}"] += 1
        return False


@dataclass
class Scraper:
    """Scrapes `/metrics` all the time and counts the statuses."""

    url: str
    statuses: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Scrape until told to end."""
        with httpx.Client(trust_env=False, timeout=_SCRAPE_PATIENCE) as client:
            while not self.ending.wait(0.25):
                try:
                    self.statuses[str(client.get(f"{self.url}/metrics").status_code)] += 1
                except httpx.TransportError as error:
                    self.statuses[type(error).__name__] += 1


@dataclass(frozen=True)
class Count:
    """What came of it: figures acknowledged, and what is wrong with the record afterwards."""

    acknowledged: int
    lost: int
    twice: int
    disordered: int
    gap_seconds: float
    troubles: Counter[str]

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {self.lost} lost, {self.twice} counted twice, "
            f"{self.gap_seconds:.1f} s without an acknowledgement; {dict(self.troubles)}"
        )


class Posting:
    """The service on a database, its clients, and the scraper, all at work in the `with` block."""

    def __init__(self, folder: Path, url: str) -> None:
        """Make the office, start the service, and wait for every client's first receipt."""
        self._url = url
        with opened(url) as office:
            if not _is_filled(url):
                fill(office, Shape(departments=CLIENTS, kpis=1))
            key = new_key(office)
        self.service = dabiao(folder, url)
        self.scraper = Scraper(self.service.url)
        month = next(_MONTHS)
        self.clients = [Client(n, self.service.url, key, month) for n in range(CLIENTS)]
        workers: list[Client | Scraper] = [*self.clients, self.scraper]
        self._threads = [threading.Thread(target=worker.run) for worker in workers]
        for thread in self._threads:
            thread.start()
        try:
            self.wait_for_more()
        except BaseException:
            self.end()
            raise

    def wait_for_more(self, each: int = 5) -> None:
        """Wait until every client was told of so many figures from now on."""
        goals = [len(client.receipts) + each for client in self.clients]

        def reached() -> bool:
            pairs = zip(self.clients, goals, strict=True)
            return all(len(client.receipts) >= goal for client, goal in pairs)

        try:
            wait_until(reached, seconds=90, what=f"{each} receipts more for every client")
        except TimeoutError as error:
            raise RuntimeError(f"{error}; {self._troubles()}") from error

    def _troubles(self) -> Counter[str]:
        return sum((client.troubles for client in self.clients), Counter[str]())

    def acknowledged(self) -> int:
        """Return how many figures the clients were told of so far."""
        return sum(len(client.receipts) for client in self.clients)

    def end(self) -> None:
        """Have the clients end after what they wait for; then the service."""
        for client in self.clients:
            client.ending.set()
        self.scraper.ending.set()
        for thread in self._threads:
            thread.join()
        self.service.stop()

    def counted(self) -> Count:
        """Compare what the clients were told with what is on record; after the end."""
        lost = twice = disordered = 0
        for client in self.clients:
            kept, keys = _revisions(self._url, client), _receipts(self._url, client)
            lost += sum(
                value not in kept or receipt not in keys.get(value, ())
                for value, receipt in client.receipts.items()
            )
            twice += sum(len(receipts) - 1 for receipts in keys.values())
            twice += len(kept) - len(set(kept))
            disordered += sum(later < earlier for earlier, later in pairwise(kept))
        times = sorted(time for client in self.clients for time in client.times)
        gap = max((later - earlier for earlier, later in pairwise(times)), default=0.0)
        return Count(self.acknowledged(), lost, twice, disordered, gap, self._troubles())

    def check(self) -> subprocess.CompletedProcess[str]:
        """Run `dabiao check`, which verifies the whole chain of seals."""
        command = [sys.executable, "-c", "from app.cli import main; main()", "check"]
        variables = {**os.environ, "DABIAO_DATABASE_URL": self._url, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def _is_filled(url: str) -> bool:
    return bool(_rows(url, "SELECT code FROM department LIMIT 1"))


def _revisions(url: str, client: Client) -> list[int]:
    """Return the values of a client's place as they stand on record, the oldest first."""
    statement = (
        "SELECT r.value FROM revision r JOIN department d ON d.id = r.department_id"
        " WHERE d.code = :code AND r.period = :period ORDER BY r.revision"
    )
    rows = _rows(url, statement, code=client.department, period=client.period)
    return [int(value) for (value,) in rows]


def _receipts(url: str, client: Client) -> dict[int, list[int]]:
    """Return the receipts on record by the figure whose key they bear."""
    statement = "SELECT idempotency_key, id FROM submission WHERE idempotency_key LIKE :like"
    found: dict[int, list[int]] = {}
    for key, receipt in _rows(url, statement, like=f"{client.name} %"):
        found.setdefault(int(key.partition(" ")[2]), []).append(receipt)
    return found


def _rows(url: str, statement: str, **values: object) -> list[tuple[Any, ...]]:
    database = Database(url)
    try:
        with database.read() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement), values)]
    finally:
        database.close()
