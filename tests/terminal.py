"""A shell that tests type into, as a person would, one block after the other."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

_END = "--- the end of what this printed ---"
_PATIENCE_SECONDS = 240


class Terminal:
    """One bash that remembers its variables from block to block; gone after its `with` block."""

    def __init__(self, folder: Path) -> None:
        """Open it in a folder; a command that hangs is ended with it after some minutes."""
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self._alarm = threading.Timer(_PATIENCE_SECONDS, self._shell.kill)
        self._alarm.start()

    def type(self, commands: str) -> str:
        """Return what commands print, on either stream; raises RuntimeError if the shell ends."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{commands}\necho\necho '{_END}'\n")
        self._shell.stdin.flush()
        printed: list[str] = []
        for line in self._shell.stdout:
            if line == f"{_END}\n":
                return "".join(printed)
            printed.append(line)
        raise RuntimeError(f"the shell ended, or had to be ended, after {''.join(printed)}")

    def __enter__(self) -> Self:
        """Return the open terminal."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it."""
        self._alarm.cancel()
        self._shell.communicate("exit\n")
