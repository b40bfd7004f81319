"""What is heavy is not read before it is needed: told by the modules that are there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.programs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SERVED = """
import os, sys
import uvicorn
from app.cli import serving

def run(application, **_):
    from app.main import served
    served()

uvicorn.run = run
serving._try_to_listen = lambda *_: None
os.environ["DABIAO_DATABASE_URL"] = "sqlite:///here.db"
open("here.db", "w").close()
sys.argv[1:] = ["serve"]
"""
HEAVY = frozenset(
    {
        "alembic", "argon2", "babel", "bcrypt", "cramjam", "fastapi", "google.protobuf", "httpx",
        "isal", "jinja2", "numpy", "openpyxl", "pandas", "psycopg", "re2", "rich", "typst",
        "xlsxwriter", "yaml",
        "app.api.routes", "app.application", "app.exports", "app.intake", "app.web",
        "app.cli.intake", "app.cli.reading", "app.cli.terminal",
        "metrics.board", "metrics.snapshot",
    }
)  # fmt: skip
"""What the server's first answer needs nothing of."""
LATER = frozenset(
    {
        "alembic", "babel", "bcrypt", "cramjam", "google.protobuf", "httpx", "numpy", "pandas",
        "psycopg", "typst", "xlsxwriter", "yaml",
    }
)  # fmt: skip
"""What the whole application needs nothing of until somebody asks for what it is there for."""


def read_by(code: str, folder: Path) -> set[str]:
    """Return the modules that a program has read when it ends."""
    tell = "import sys; print('\\n'.join(sys.modules))"
    program = f"import atexit\natexit.register(lambda: exec({tell!r}))\n{code}"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_the_server_reads_nothing_heavy_before_it_answers(folder: Path) -> None:
    found = read_by(f"{SERVED}\nfrom app.cli import main\nmain()", folder)

    assert found >= {"app.front", "app.main", "sqlalchemy", "prometheus_client"}
    assert found & HEAVY == set()


def test_the_application_leaves_out_what_few_ask_for(folder: Path) -> None:
    code = "from app.main import create_app\nfrom app.settings import Settings\n"
    code += "create_app(Settings(database_url='sqlite://')).application"

    found = read_by(code, folder)

    assert found >= {"app.application", "fastapi", "app.web.pages"}
    assert found & LATER == set()


def test_a_command_reads_no_other(folder: Path) -> None:
    code = "import sys\nfrom app.cli import main\nsys.argv[1:] = ['key', 'list', '-h']\nmain()"

    found = read_by(code, folder)

    assert "app.cli.keys" in found
    assert found & {"app.cli.intake", "app.cli.users", "app.cli.serving", "app.exports"} == set()


def test_the_search_for_garbage_passes_over_what_stays(folder: Path) -> None:
    code = "import gc, os\nfrom app.main import YOUNG, served\n"
    code += "os.environ['DABIAO_DATABASE_URL'] = 'sqlite:///here.db'\n"
    code += "whole = served().application\n"
    code += "assert gc.get_threshold()[0] == YOUNG\n"
    code += "assert all(one is not whole for one in gc.get_objects()) and gc.get_freeze_count()\n"

    assert "app.application" in read_by(code, folder)
