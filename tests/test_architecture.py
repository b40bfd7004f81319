"""The picture in the layout stays true: who may import whom, what stands where, how long it is."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 400

LAYERS = (
    ("app.domain",),
    ("app.forecasting",),
    ("app.ledger",),
    # how values become words and text
    ("app.translation", "app.exact_json", "app.log", "app.cookies"),
    ("app.web_config",),
    ("app.documents",),
    ("app.explaining",),
    ("app.wording",),
    ("app.intake",),
    ("app.exports",),
    ("app.api", "app.cli", "app.web", "metrics"),
    ("app.front",),
    ("app.application",),
    ("app.main", "app.ready", "app.wire"),
)
"""From left to right: each imports itself and what stands before it, never what stands beside."""

COMMON = ("app.settings", "app.errors")
"""What every layer but the first may import; they import the first alone, and each other."""

TOP_LEVEL = {"app", "metrics", "migrations", "seeds", "tests", "requirements"}
"""Every folder that is kept; what tools and runs leave behind is not (see .gitignore)."""

PURE = {
    "__future__", "bisect", "collections", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "itertools", "math", "operator", "re", "statistics",
    "typing", "zoneinfo",
}  # fmt: skip
"""What the domain may take from outside: values and arithmetic; no files, no network, no chance."""

ARRAYS = {"numpy"}
"""What the domain may take besides, where it does the same to very many numbers at once."""

CLOCKS = {"now", "today", "utcnow", "fromtimestamp", "localtime", "time_ns"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST, module: str, *, is_package: bool) -> Iterator[str]:
    """Yield every name that is imported, in full, wherever in the file it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: None if is_package else -1]
            above = base[: len(base) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


def imported_by(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"), path)
    return set(imports(tree, module_name(path), is_package=path.name == "__init__.py"))


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def home(module: str) -> str | None:
    """Return the part of the picture that a module belongs to; None where it has no place."""
    parts = [*(part for layer in LAYERS for part in layer), *COMMON]
    return next((part for part in parts if belongs(module, part)), None)


def allowed(module: str) -> tuple[str, ...]:
    """Return the parts that a module may import."""
    own = home(module)
    if own is None or own == "app.domain":
        return ("app.domain",) if own else ()
    if own in COMMON:
        return ("app.domain", *COMMON)
    left = [part for layer in LAYERS[: _place(own)] for part in layer]
    return (*left, own, *COMMON)


def _place(part: str) -> int:
    return next(place for place, layer in enumerate(LAYERS) if part in layer)


def breaches(module: str, imported: set[str]) -> list[str]:
    """Name what a module imports of this project against the picture.

    The package `app` itself (its version) is open to all but the domain.
    """
    ours = {name for name in imported if belongs(name, "app") or belongs(name, "metrics")}
    own_root = {name for name in ours if name in {"app", "app.__version__"}}
    if module == "app" or not belongs(module, "app.domain"):
        ours -= own_root
    return sorted(n for n in ours if not any(belongs(n, part) for part in allowed(module)))


MODULES = [path for path in sources("app", "metrics") if module_name(path) != "app"]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_every_module_has_its_place_and_imports_only_what_stands_before_it(path: Path) -> None:
    module = module_name(path)

    assert home(module), f"{module} stands nowhere in the picture"
    assert breaches(module, imported_by(path)) == []


def test_the_package_itself_imports_nothing_of_its_parts() -> None:
    assert not [name for name in imported_by(ROOT / "app" / "__init__.py") if belongs(name, "app")]


@pytest.mark.parametrize("path", sources("app/domain"), ids=module_name)
def test_the_domain_is_pure(path: Path) -> None:
    outside = {name.split(".")[0] for name in imported_by(path)} - {"app"}
    tree = ast.parse(path.read_text(encoding="utf-8"), path)
    clocks = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS
    ]

    assert outside <= PURE | ARRAYS
    assert not clocks, "the time is an argument"


def test_what_the_domain_takes_from_outside_is_the_standard_librarys() -> None:
    assert set(sys.stdlib_module_names) >= PURE


@pytest.mark.parametrize("path", sources("app", "metrics", "migrations"), ids=module_name)
def test_nothing_that_is_shipped_imports_the_tests(path: Path) -> None:
    assert not [name for name in imported_by(path) if belongs(name, "tests")]


@pytest.mark.parametrize(
    ("module", "imported", "breach"),
    [
        ("app.domain.period", {"app.domain.kpi", "re"}, []),
        ("app.domain.period", {"app.errors.Refused"}, ["app.errors.Refused"]),
        ("app.domain.period", {"app.__version__"}, ["app.__version__"]),
        ("app.domain.period", {"app.ledger.tables"}, ["app.ledger.tables"]),
        ("app.ledger.tables", {"app.domain.kpi", "app.settings", "app.errors"}, []),
        ("app.ledger.tables", {"app.intake.table.Table"}, ["app.intake.table.Table"]),
        ("app.intake.submission", {"app.ledger.revisions", "app.domain"}, []),
        ("app.intake.submission", {"app.api"}, ["app.api"]),
        ("app.intake.submission", {"metrics.snapshot"}, ["metrics.snapshot"]),
        ("app.api.actuals", {"app.intake", "app.ledger", "app.api.deps", "app.__version__"}, []),
        ("app.ledger.tables", {"app.translation"}, ["app.translation"]),
        ("app.web.pages", {"app.translation.Language"}, []),
        ("app.api.actuals", {"app.web.pages"}, ["app.web.pages"]),
        ("app.cli.serve", {"app.main.create_app"}, ["app.main.create_app"]),
        ("metrics.snapshot", {"app.ledger.scoreboard", "app.settings", "metrics.families"}, []),
        ("metrics.snapshot", {"app.api.deps"}, ["app.api.deps"]),
        ("app.main", {"app.api", "app.web", "app.cli", "metrics", "app.ledger"}, []),
        ("app.settings", {"app.errors", "pydantic"}, []),
        ("app.settings", {"app.ledger.database"}, ["app.ledger.database"]),
        ("app.apiary", {"app.domain"}, ["app.domain"]),
    ],
)
def test_the_picture_itself(module: str, imported: set[str], breach: list[str]) -> None:
    assert breaches(module, imported) == breach


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import app.ledger.tables as t", {"app.ledger.tables"}),
        ("from app.ledger import tables", {"app.ledger.tables"}),
        ("from app import ledger", {"app.ledger"}),
        ("from .kpi import Kpi", {"app.domain.kpi.Kpi"}),
        ("from ..ledger import tables", {"app.ledger.tables"}),
        ("from . import kpi", {"app.domain.kpi"}),
        ("def f():\n    import app.api", {"app.api"}),
        ("if TYPE_CHECKING:\n    from app.api import deps", {"app.api.deps"}),
    ],
)
def test_an_import_is_found_in_every_spelling(code: str, found: set[str]) -> None:
    assert set(imports(ast.parse(code), "app.domain.period", is_package=False)) == found


def test_a_package_counts_its_dots_from_itself() -> None:
    tree = ast.parse("from .kpi import Kpi")

    assert set(imports(tree, "app.domain", is_package=True)) == {"app.domain.kpi.Kpi"}


def test_the_top_level_holds_the_fixed_folders_and_no_other() -> None:
    left_behind = {"var", "build", "dist", "secrets", "__pycache__"}
    folders = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and not path.name.endswith(".egg-info")
    }

    assert folders - left_behind <= TOP_LEVEL
    assert folders >= {"app", "seeds", "tests"}


@pytest.mark.parametrize("path", sources("app", "metrics", "migrations"), ids=module_name)
def test_no_file_is_longer_than_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= MAX_LINES, f"{path.relative_to(ROOT)} has {lines} lines"
