"""A real browser before a real server with the illustrative year, both started once.

The browser reaches no other host: whatever a page asks elsewhere is refused and noted.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import require_part
from tests.parts import Process, free_port
from tests.programs import ROOT, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Request

PHONE: Final = 360
DESKTOP: Final = 1280
ADMIN: Final = "root.admin"
PASSWORD: Final = "only the admin knows it"
_GIVEN: Final = "a password of the machine"
AXE: Final = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
_DABIAO: Final = (sys.executable, "-c", "from app.cli import main; main()")


@dataclass(frozen=True)
class Site:
    """The served office, and the key that administers it."""

    url: str
    admin_key: str


@dataclass
class Look:
    """One window on the pages, and all that went wrong in it."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Go to an address of the service, and wait until nothing is loading."""
        answer = self.page.goto(self.url + address)
        assert answer is not None
        assert answer.status == 200, address
        self.page.wait_for_load_state("networkidle")

    @property
    def sideways(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def violations(self) -> list[str]:
        """Return what axe finds in the page that keeps somebody from using it."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:200]}"
            for one in found["violations"]
            if one["impact"] in {"serious", "critical"}
        ]


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [*_DABIAO, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The service as `make demo` starts it, on an address of its own."""
    folder = tmp_path_factory.mktemp("served")
    port = free_port()
    settings = {
        "DABIAO_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "DABIAO_PORT": str(port),
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "*",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DABIAO_")}
    environment = {**kept, **settings}
    _run(environment, "migrate")
    printed = _run(environment, "bootstrap", str(ROOT / "seeds"), "--illustrative")
    key = next(line for line in printed.splitlines() if line.startswith("admin key: "))
    url = f"http://127.0.0.1:{port}"
    command = ["env", *(f"{name}={value}" for name, value in settings.items()), *_DABIAO, "serve"]
    server = Process(command, log=folder / "serve.log")
    try:
        server.wait_ready(lambda: answers(url), seconds=120)
        yield Site(url, key.removeprefix("admin key: "))
    finally:
        server.stop()


@pytest.fixture(scope="session")
def administered(site: Site) -> Site:
    """The site, with a user who administers it and has a password of their own."""
    made = httpx.post(
        f"{site.url}/api/v1/users",
        json={
            "name": ADMIN,
            "name_zh": "管理员",
            "name_en": "The admin",
            "role": "admin",
            "password": _GIVEN,
        },
        headers={"Authorization": f"Bearer {site.admin_key}"},
        trust_env=False,
    )
    assert made.status_code == 201, made.text
    with httpx.Client(base_url=site.url, headers={"Origin": site.url}, trust_env=False) as client:
        client.post("/sign-in", data={"name": ADMIN, "password": _GIVEN})
        token = re.search(r'name="form_token" value="([^"]+)"', client.get("/account").text)
        assert token is not None
        words = {"old": _GIVEN, "new": PASSWORD, "again": PASSWORD, "form_token": token[1]}
        assert client.post("/account/password", data=words).status_code == 303
    return site


def sign_in(window: Look, name: str, password: str, then: str = "/") -> None:
    """Fill in the form, in English, to go on to an address."""
    window.page.goto(f"{window.url}/sign-in?next={then}")
    window.page.get_by_label("User name").fill(name)
    window.page.get_by_label("Password").fill(password)
    window.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    window.page.get_by_role("button", name="Sign out").wait_for()


def answers(url: str) -> bool:
    """Tell whether a service is ready, and its pages are there."""
    try:
        return httpx.get(f"{url}/api/v1/plans", trust_env=False).is_success
    except httpx.TransportError:
        return False


# For this package and no longer: while it runs, nothing else in the process can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    require_part("chromium")
    # Root has no sandbox in Chromium; nothing but our own pages is opened in it.
    words = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(locate("chromium")), args=words)
        yield opened
        opened.close()


@pytest.fixture
def look(site: Site, browser: Browser) -> Iterator[Callable[..., Look]]:
    """Open windows, each with nothing remembered; at the end nothing may have gone wrong in any."""
    opened: list[Look] = []

    def start(width: int = DESKTOP, language: str = "zh", **options: Any) -> Look:  # noqa: ANN401 - as the browser's
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            **options,
        )
        window = Look(context.new_page(), site.url)

        def note(request: Request) -> None:
            if not request.url.startswith((site.url, "data:")):
                window.troubles.append(f"asked {request.url}")

        window.page.on("request", note)
        window.page.on("pageerror", lambda error: window.troubles.append(str(error)))
        window.page.on(
            "console",
            lambda said: window.troubles.append(said.text) if said.type != "log" else None,
        )
        opened.append(window)
        return window

    yield start
    for window in opened:
        window.page.context.close()
    assert [trouble for window in opened for trouble in window.troubles] == []
