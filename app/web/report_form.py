"""The forms of the reporting page as browsers send them: rows of figures, and files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.domain.finding import Finding
from app.errors import Refused, TooLarge, UnsupportedMedia
from app.intake.form import ENTRY
from app.intake.submission import BY_SUFFIX, Post
from app.intake.table import FIELDS
from app.web.forms import URLENCODED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_ROWS: Final = 1_000
"""Rows that a page takes; a longer table goes by file."""
_MOST_FIELDS: Final = 20_000
_CELL: Final = re.compile(r"([1-9][0-9]{0,6})\.([a-z_]+)")
_ANSWER: Final = "answer"
_NAMED: Final = "named"
_KNOWN: Final = frozenset({*FIELDS, _ANSWER, _NAMED})
_BROKEN: Final = "the form cannot be read"


@dataclass(frozen=True, slots=True)
class Given:
    """A row of the grid: its number, its cells by the names of the intake's fields.

    is_named: whether it is a figure that the page named, and nobody typed its codes.
    answer: what was said to the warnings of the row.
    """

    number: int
    cells: Mapping[str, str]
    is_named: bool = False
    answer: str = ""

    @property
    def is_filled(self) -> bool:
        """Tell whether anything was entered; the codes of a figure that was named are no entry."""
        wanted: Iterable[str] = ENTRY if self.is_named else FIELDS
        return any(self.cells.get(name, "").strip() for name in wanted)


@dataclass(frozen=True, slots=True)
class Typed:
    """The form of the grid: its rows, what was pasted beside them, and which sheet it was."""

    rows: tuple[Given, ...]
    pasted: str = ""
    sheet: str = ""
    adds: bool = False

    @property
    def filled(self) -> list[Given]:
        """The rows in which something was entered."""
        return [row for row in self.rows if row.is_filled]


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The form with a file; `post` is None where none was chosen."""

    post: Post | None
    only_checks: bool


async def _typed(request: Request) -> Typed:
    """Read the grid; raises TooLarge, UnsupportedMedia, and Refused for what cannot be read."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (URLENCODED, ""):
        raise UnsupportedMedia(f"{kind} is not read here")
    body = await _body(request)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise Refused(_BROKEN, [Finding("invalid", values={"problem": _BROKEN})]) from error
    return _grid(fields)


def _grid(fields: Iterable[tuple[str, str]]) -> Typed:
    rows: dict[int, dict[str, str]] = {}
    others: dict[str, str] = {}
    for name, text in fields:
        cell = _CELL.fullmatch(name)
        if cell is None:
            others.setdefault(name, text)
        elif cell[2] in _KNOWN:
            rows.setdefault(int(cell[1]), {}).setdefault(cell[2], text)
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"the page takes {MOST_ROWS} rows, and these are more; send them as a file")
    given = [
        Given(
            number,
            {name: cells.get(name, "") for name in FIELDS},
            is_named=bool(cells.get(_NAMED)),
            answer=cells.get(_ANSWER, "").strip(),
        )
        for number, cells in sorted(rows.items())
    ]
    return Typed(
        tuple(given), others.get("pasted", "").strip("\r\n"), others.get("sheet", ""),
        adds=bool(others.get("add")),
    )  # fmt: skip


async def _uploaded(request: Request) -> Uploaded:
    """Read a file and how it is to be taken; raises TooLarge, Refused for what cannot be read."""
    # Where the framework keeps a body itself: its own reader of forms finds it there.
    request._body = await _body(request)  # noqa: SLF001
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            file = form.get("file")
            only_checks = form.get("only_checks") is not None
            if not isinstance(file, UploadFile) or not file.filename:
                return Uploaded(None, only_checks)
            return Uploaded(_post(file, await file.read()), only_checks)
    except HTTPException as error:
        raise Refused(_BROKEN, [Finding("invalid", values={"problem": _BROKEN})]) from error


def _post(file: UploadFile, content: bytes) -> Post:
    """Go by the name's suffix: what browsers say of a file is what their system takes it for."""
    name = file.filename or ""
    said = (file.content_type or "").partition(";")[0].strip().lower()
    return Post(content, BY_SUFFIX.get(PurePath(name).suffix.lower(), said), filename=name)


async def _body(request: Request) -> bytes:
    limit: int = request.app.state.services.settings.max_upload_bytes
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(f"the form has more than {limit} bytes")
    return bytes(body)


Grid = Annotated[Typed, Depends(_typed)]
Upload = Annotated[Uploaded, Depends(_uploaded)]
