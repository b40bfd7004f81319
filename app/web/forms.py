"""Forms as browsers send them: names and texts, read up to a limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request

from app.errors import Refused, TooLarge, UnsupportedMedia

URLENCODED: Final = "application/x-www-form-urlencoded"
# Two texts of 4,000 Chinese characters each, and every other field of the longest form.
_LONGEST: Final = 128 * 1024
_MOST_FIELDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a form. Its texts are in no repr: a password may be among them."""

    given: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def text(self, name: str) -> str:
        """Return a field as it was typed; empty where it is not there."""
        return next((value for field_name, value in self.given if field_name == name), "")

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that can have several."""
        return [value for field_name, value in self.given if field_name == name and value]


async def _fields(request: Request) -> Fields:
    """Read a form; raises TooLarge, UnsupportedMedia for another body, Refused for a broken one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (URLENCODED, ""):
        raise UnsupportedMedia(f"{kind} is not read here")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise TooLarge(f"the form has more than {_LONGEST} bytes")
    try:
        text = body.decode("utf-8")
        return Fields(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise Refused("the form cannot be read") from error


Form = Annotated[Fields, Depends(_fields)]
