"""The command line: thin over the same calls as the API.

Exit status 0: done; 1: refused, or found wrong; 2: wrong usage. Errors are one readable line on
standard error. Ctrl-C ends a command without a word, with the shells' 130.
"""

from __future__ import annotations

import io
import os
import sys

REFUSED = 1
INTERRUPTED = 130


def main() -> None:
    """Run the command line; nothing that is expected to fail ends in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of an encoding that may not hold Chinese
            stream.reconfigure(errors="replace")
    try:
        # Imported here, so that Ctrl-C is heard from the start: reading the code takes longest.
        from app.cli.commands import run  # noqa: PLC0415

        status = run(sys.argv[1:])
    except KeyboardInterrupt:
        status = INTERRUPTED
    except BrokenPipeError:  # as after `| head -1`: nobody reads any more, nobody is told
        status = REFUSED
    _give_up_unwritten_output()
    sys.exit(status)


def _give_up_unwritten_output() -> None:
    """Write out what is held back; where that fails, keep the interpreter from trying again."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
