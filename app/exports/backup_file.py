"""A backup to be downloaded: made by the same code as `dabiao backup`, and so verified before.

What is sent is a file that has no name any more, so nothing of it is left on the machine however
the download ends.
"""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from app.domain.finding import Finding
from app.errors import Refused, Unavailable
from app.intake.turns import Turns
from app.ledger import backups

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from app.domain.access import Actor
    from app.ledger.backups import Made
    from app.ledger.office import Office

MEDIA_TYPE: Final = "application/vnd.sqlite3"
log = logging.getLogger(__name__)

_AT_A_TIME: Final = 256 * 1024
# Each takes as much room as the record, and a core while it is verified.
_TURN: Final = Turns(at_once=1, most_waiting=0)


@dataclass(frozen=True, slots=True)
class Download:
    """A backup that is ready to be sent."""

    office: Office
    made: Made
    file: IO[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """What it is sent with. The seal goes along, so that it can be kept elsewhere."""
        return {
            "Content-Disposition": f'attachment; filename="{self.made.filename}"',
            "Content-Length": str(self.made.size),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Seal": str(self.made.point),
        }

    def chunks(self) -> Iterator[bytes]:
        """Give its bytes. It is on record before the last of them goes: one broken off is not."""
        with self.file:
            chunk = self.file.read(_AT_A_TIME)
            while following := self.file.read(_AT_A_TIME):
                yield chunk
                chunk = following
            self._note()
            yield chunk

    def _note(self) -> None:
        try:
            backups.note(self.office.database, self.made)
        except Unavailable as error:
            log.warning("a backup was sent, and is not on record: %s", error)


def alone() -> AbstractContextManager[None]:
    """Hold the only place of this process; raises Busy where somebody holds it."""
    return _TURN.turn()


def prepare(office: Office, actor: Actor) -> Download:
    """Make a backup to be sent; one at a time.

    Raises Busy while another is made, and Refused where the ledger is broken, or where temporary
    files have too little room (TMPDIR says where they are).
    """
    at = office.clock().astimezone(office.zone)
    with alone(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"dabiao-{at:%Y%m%d-%H%M%S}.db")
        try:
            made = backups.make(office, path, actor, backups.Way.DOWNLOAD)
        except Refused as error:
            problem = str(error).removeprefix(f"{path} was not written: ")
            raise _refusal("backup_broken", problem) from error
        except OSError as error:
            raise _refusal("backup_unwritten", error.strerror or str(error)) from error
        return Download(office, made, path.open("rb"))


def _refusal(code: str, problem: str) -> Refused:
    return Refused("there is no backup", [Finding(code, values={"problem": problem})])
