"""Request bodies: read up to a limit, and no more than one way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from app.api.deps import services_of
from app.api.multipart import MULTIPART, Part, options_of, parts_of
from app.domain.finding import Finding
from app.errors import Refused, TooLarge, UnsupportedMedia
from app.intake.limits import quotable
from app.intake.submission import BY_SUFFIX, CSV, JSON, XLSX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence


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
    header = request.headers.get("content-type", "")
    media_type, charset = _media_type(header)
    content = await whole_body(request)
    if media_type == MULTIPART:
        return _file(parts_of(header, content))
    return Body(content, media_type, charset)


async def _json(request: Request) -> bytes:
    body = await read_body(request)
    if body.media_type != JSON or body.filename is not None:
        raise UnsupportedMedia(f"{body.media_type or 'a body without a type'} is not read here")
    return body.content


async def _perhaps_empty(request: Request) -> bytes:
    """Read a body that may be missing; raises UnsupportedMedia for one that is not JSON."""
    body = await read_body(request)
    if body.content and (body.media_type != JSON or body.filename is not None):
        raise UnsupportedMedia(f"{body.media_type or 'a body without a type'} is not read here")
    return body.content or b"{}"


JsonBody = Annotated[bytes, Depends(_json)]
PerhapsEmpty = Annotated[bytes, Depends(_perhaps_empty)]
AnyBody = Annotated[Body, Depends(read_body)]


async def whole_body(request: Request) -> bytes:
    """Read a body up to the limit, and keep it, so that it can be read again; raises TooLarge."""
    if not hasattr(request, "_body"):
        # Where the framework keeps it itself: whoever asks for its body or its form finds it.
        request._body = b"".join([chunk async for chunk in _capped(request)])  # noqa: SLF001
    return await request.body()


async def _capped(request: Request) -> AsyncIterator[bytes]:
    """Give the body's chunks; raises TooLarge as soon as there are too many bytes.

    What was announced is only believed where it is too much.
    """
    limit = services_of(request).settings.max_upload_bytes
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and (len(said) > len(str(limit)) or int(said) > limit):
        raise TooLarge(f"the body has more than {limit} bytes")
    left = limit
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise TooLarge(f"the body has more than {limit} bytes")
        yield chunk


def _media_type(header: str) -> tuple[str, str | None]:
    kind, options = options_of(header)
    return kind.lower(), options.get("charset")


def _file(parts: Sequence[Part]) -> Body:
    """Return the one file of a form; raises Refused."""
    match parts:
        case [Part(name="file", filename=str() as filename) as part]:
            return _body(part, filename)
        case _:
            findings = list(_faults([part.name for part in parts]))
            raise Refused("the multipart body does not hold just one file", findings)


def _faults(names: list[str]) -> Iterator[Finding]:
    """Yield what is wrong with a form that is not one part `file`, which is a file."""
    for name in names:
        if name != "file":
            yield Finding("unknown_field", None, quotable(name), {"name": quotable(name)})
    if "file" in names:
        yield Finding("wrong_type", None, "file", {"expected": "one file"})
    else:
        yield Finding("missing_field", None, "file", {"name": "file"})


def _body(part: Part, filename: str) -> Body:
    """Go by the part's type where it is one that is read, else by the name's suffix.

    Browsers send a CSV file as what their system takes it for, a spreadsheet mostly.
    """
    media_type, charset = _media_type(part.content_type)
    if media_type not in (CSV, JSON, XLSX):
        media_type = BY_SUFFIX.get(PurePath(filename).suffix.lower(), media_type)
    return Body(part.content, media_type, charset, filename)
