"""Where an export goes: a file, or standard output for `-`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

STANDARD_OUTPUT: Final = Path("-")
_READABLE: Final = 0o644

Destination = Annotated[
    Path, typer.Argument(metavar="FILE", help="Where it goes; - for standard output.")
]


@contextmanager
def writing(file: Path) -> Iterator[IO[bytes]]:
    """Give a stream for the bytes of an export.

    A file is there, in the place of an older one, only once all of it is written; raises OSError.
    """
    if file == STANDARD_OUTPUT:
        sys.stdout.flush()
        yield sys.stdout.buffer
        return
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as stream:
        part = Path(stream.name)
        try:
            yield stream
            stream.flush()
            part.chmod(_READABLE)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
