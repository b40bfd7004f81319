"""Brings the real parts that the tests need and this machine lacks (run as a module).

As root on Debian and its kin, packages are installed, without starting a service, now or at boot,
and without making a database cluster. Anybody else gets the wheels that exist, below `.parts/`,
which touch nothing of the machine; Patroni comes as wheels to all. What cannot be brought ends the
run with status 1 and a line that says what to install.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.programs import PARTS, PATRONI, ROOT, WHEELS, Part, left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Asked by Debian's maintainer scripts before they start a service; 101 forbids it.
POLICY = Path("/usr/sbin/policy-rc.d")
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/dabiao-tests.conf")
UNITS = Path("/lib/systemd/system")


def main(names: Iterable[str] = ()) -> int:
    """Bring what is missing of the parts named, or of all; returns the exit status."""
    try:
        wanted = frozenset(names or PARTS) - left_out()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    missing = [part for name, part in PARTS.items() if name in wanted and not part.is_there()]
    if not missing:
        return 0
    sys.stdout.write(f"Bringing {', '.join(part.name for part in missing)} for the tests\n")
    sys.stdout.flush()
    try:
        bring(missing)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{' '.join(map(str, error.cmd))} ended with {error.returncode}\n")
    absent = [part for part in missing if not part.is_there()]
    for part in absent:
        sys.stderr.write(f"{part.advice()}\n")
    return 1 if absent else 0


def bring(parts: Sequence[Part]) -> None:
    """Install parts the way this user can; raises subprocess.CalledProcessError."""
    packages = [part for part in parts if part.lock is None]
    for part in parts:
        if part.lock is not None:
            install_wheels(part.lock, PATRONI)
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        install_packages(packages)
    elif any(part.wheel for part in packages):
        install_wheels("parts.txt", WHEELS)


def install_packages(parts: Sequence[Part]) -> None:
    """Install Debian packages as root; none of their services runs, now or after a restart."""
    names = [name for part in parts for name in part.debian]
    services = [name for part in parts for name in part.services if not _has_unit(name)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"]
    # A machine's further package sources may be out of reach without being needed here.
    _run([*apt, "update"], env=environment, check=False)
    with contextlib.ExitStack() as stack:
        stack.enter_context(borrowed(POLICY, "#!/bin/sh\nexit 101\n", mode=0o755))
        if any(part.name == "postgresql" for part in parts):
            text = "create_main_cluster = false\n"
            stack.enter_context(borrowed(NO_CLUSTER, text, mode=0o644))
        _run([*apt, "install", "--yes", "--no-install-recommends", *names], env=environment)
    services = [name for name in services if _has_unit(name)]
    if services and shutil.which("systemctl"):
        _run(["systemctl", "--quiet", "disable", *services])


def _has_unit(service: str) -> bool:
    return (UNITS / f"{service}.service").exists()


@contextlib.contextmanager
def borrowed(path: Path, text: str, *, mode: int) -> Iterator[None]:
    """Have a file hold `text` during the block, and afterwards what it held before."""
    before = (path.read_bytes(), path.stat().st_mode) if path.exists() else None
    had_folder = path.parent.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")
    path.chmod(mode)
    try:
        yield
    finally:
        if before is None:
            path.unlink()
            if not had_folder:
                with contextlib.suppress(OSError):  # something else lives there by now
                    path.parent.rmdir()
        else:
            path.write_bytes(before[0])
            path.chmod(before[1])


def install_wheels(lock: str, target: Path) -> None:
    """Put the locked wheels' files below .parts/, apart from the virtual environment."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    file = ROOT / "requirements" / lock
    _run([*pip, "--no-deps", "--require-hashes", "--upgrade", "--target", target, "-r", file])


def _run(
    command: Sequence[str | Path],
    *,
    check: bool = True,
    env: dict[str, str] | None = None,
) -> None:
    """Run a command whose chatter matters only when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        check=False,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        if check:
            raise subprocess.CalledProcessError(done.returncode, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
