"""Request bodies: read up to a limit, and no more than one way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.api.deps import services_of
from app.domain.finding import Finding
from app.errors import Refused, TooLarge, UnsupportedMedia
from app.intake.limits import quotable
from app.intake.submission import CSV, JSON

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

MULTIPART: Final = "multipart/form-data"
_BY_SUFFIX: Final = {".csv": CSV, ".json": JSON}
_MOST_PARTS: Final = 10
"""Parts that are told apart; more are refused without a word on each."""


@dataclass(frozen=True, slots=True)
class Body:
    """What was sent: bytes of a media type, from a file of that name where there was one."""

    content: bytes
    media_type: str
    charset: str | None = None
    filename: str | None = None


async def read_body(request: Request) -> Body:
    """Read a body as it is, or the file in a multipart one.

    Raises TooLarge, UnsupportedMedia for a content coding, Refused for a multipart body that does
    not hold just one `file`.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("a body is read as it is, without a content coding")
    media_type, charset = _media_type(request.headers.get("content-type", ""))
    if media_type == MULTIPART:
        return await _file(request)
    content = b"".join([chunk async for chunk in _capped(request)])
    return Body(content, media_type, charset)


async def _json(request: Request) -> bytes:
    body = await read_body(request)
    if body.media_type != JSON or body.filename is not None:
        raise UnsupportedMedia(f"{body.media_type or 'a body without a type'} is not read here")
    return body.content


JsonBody = Annotated[bytes, Depends(_json)]
AnyBody = Annotated[Body, Depends(read_body)]


async def _capped(request: Request) -> AsyncGenerator[bytes, None]:
    """Give the body's chunks; raises TooLarge as soon as there are too many bytes."""
    limit = services_of(request).settings.max_upload_bytes
    said = request.headers.get("content-length", "")
    left = limit - int(said) if said.isascii() and said.isdigit() else limit
    if left < 0:
        raise TooLarge(f"the body has more than {limit} bytes")
    left = limit
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise TooLarge(f"the body has more than {limit} bytes")
        yield chunk


def _media_type(header: str) -> tuple[str, str | None]:
    kind, parameters = parse_options_header(header)
    charset = parameters.get(b"charset")
    return kind.decode("latin-1").lower(), charset.decode("latin-1") if charset else None


async def _file(request: Request) -> Body:
    parser = MultiPartParser(
        request.headers, _capped(request), max_files=_MOST_PARTS, max_fields=_MOST_PARTS
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        problem = "the multipart body cannot be taken apart"
        raise Refused(problem, [Finding("invalid", values={"problem": problem})]) from error
    try:
        match form.multi_items():
            case [("file", UploadFile() as part)]:
                return _body(part, await part.read())
            case parts:
                findings = list(_faults([name for name, _ in parts]))
                raise Refused("the multipart body does not hold just one file", findings)
    finally:
        await form.close()


def _faults(names: list[str]) -> Iterator[Finding]:
    """Yield what is wrong with a form that is not one part `file`, which is a file."""
    for name in names:
        if name != "file":
            yield Finding("unknown_field", None, quotable(name), {"name": quotable(name)})
    if "file" in names:
        yield Finding("wrong_type", None, "file", {"expected": "one file"})
    else:
        yield Finding("missing_field", None, "file", {"name": "file"})


def _body(part: UploadFile, content: bytes) -> Body:
    """Go by the part's type where it is one that is read, else by the name's suffix.

    Browsers send a CSV file as what their system takes it for, a spreadsheet mostly.
    """
    media_type, charset = _media_type(part.content_type or "")
    name = part.filename or ""
    if media_type not in (CSV, JSON):
        media_type = _BY_SUFFIX.get(PurePath(name).suffix.lower(), media_type)
    return Body(content, media_type, charset, name)
