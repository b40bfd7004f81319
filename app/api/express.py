"""The usual post, ahead of the framework: one key that is known, one short JSON body.

To have a request's route, parameters, headers and body looked up, converted and handed over by the
framework costs more than to take a figure in. So a short way (see `app.front`) goes past it that
takes only posts of which everything is plain at first sight, and gives them the same answer to
the byte. Whatever is not plain, it leaves to the declared route, which is the one that is
described, and the only one that refuses a request for how it was sent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from app.api import PREFIX, access, submissions
from app.api.deps import Services
from app.api.problems import error_answer
from app.errors import DabiaoError, TooLarge
from app.exact_json import dumps
from app.intake.receipts import receipt_document
from app.intake.submission import JSON, Post, Sent, is_refusal, read
from app.translation import negotiate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from app.ledger.key_ring import Bearer

_KEY: Final = submissions.IDEMPOTENCY_KEY.lower().encode()
_TYPE: Final = JSON.encode()
_LANGUAGE: Final = b"accept-language"
_LOOKED_AT: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        _KEY,
        _LANGUAGE,
    }
)
# No more digits than a number has that is let pass: int() takes its time over long ones.
_DIGITS: Final = len(str(submissions.SHORT))

_negotiated = lru_cache(maxsize=256)(negotiate)


class _Usual(NamedTuple):
    """A post that is taken: who sends it, and what its headers say."""

    bearer: Bearer
    idempotency_key: str | None
    asked: str
    """The languages that are asked for."""


class UsualPost:
    """The short way of `POST /submissions`, for where there is nothing to refuse."""

    name = "post_submission"
    path = f"{PREFIX}/submissions"
    dependencies = (Depends(access.remembered),)
    """What `check_rules` asks for: nothing is taken before that was called."""

    def __init__(self, services: Services) -> None:
        """Take posts with what the application was put together from."""
        self._services = services
        self._limit = min(services.settings.max_upload_bytes, submissions.SHORT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Take a request of which everything is plain, and leave any other to the route."""
        usual = self._usual(scope)
        if usual is not None:
            await self.take(usual, scope, receive, send)
        return usual is not None

    def _usual(self, scope: Scope) -> _Usual | None:
        """Return what there is to know of a request that is plain; None for any other."""
        if scope["method"] != "POST" or scope["query_string"] or scope.get("root_path"):
            return None
        given = _only_once(scope)
        if given is None or not _is_plain(given, self._limit):
            return None
        bearer = access.remembered(self._services, self.name, given[b"authorization"])
        if bearer is None:
            return None
        key = given[_KEY].decode("latin-1") if _KEY in given else None
        return _Usual(bearer, key, given.get(_LANGUAGE, b"").decode("latin-1"))

    async def take(self, usual: _Usual, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what `post_submission` does."""
        bearer, here = usual.bearer, self._services
        try:
            body = await _body(receive, self._limit)
            delivery = read(Post(body, JSON, idempotency_key=usual.idempotency_key), bearer.actor)
            receipt = await here.desk.receive(Sent(delivery, bearer.actor, bearer.as_of))
        except DabiaoError as error:
            answer = await error_answer(Request(scope), error)
            await answer(scope, receive, send)
            return
        spoken = _negotiated(usual.asked, here.settings.language)
        if is_refusal(receipt):
            answer = submissions.answered(Request(scope), here, receipt, spoken)
            await answer(scope, receive, send)
            return
        # What `answered` gives, too, without the object that the framework makes of an answer.
        document = receipt_document(receipt, here.translator, spoken)
        content = dumps(document, zone=here.office.zone)
        headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"content-language", spoken.encode()),
            (b"vary", b"Accept-Language"),
            (b"location", f"{self.path}/{receipt.id}".encode()),
            (b"content-length", b"%d" % len(content)),
            (b"content-type", _TYPE),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": content})


async def _body(receive: Receive, limit: int) -> bytes:
    """Read a body; raises TooLarge for one that is longer than was said, and ClientDisconnect."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
    return body


def _only_once(scope: Scope) -> Mapping[bytes, bytes] | None:
    """Return the headers that say how a post is to be read; None if one of them comes twice."""
    given: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _LOOKED_AT:
            if name in given:
                return None
            given[name] = value
    return given


def _is_plain(given: Mapping[bytes, bytes], limit: int) -> bool:
    """Tell whether the declared route would read the body at once, and refuse nothing before."""
    if given.get(b"content-type") != _TYPE or b"authorization" not in given:
        return False
    if b"content-encoding" in given or b"transfer-encoding" in given:
        return False
    length, key = given.get(b"content-length", b""), given.get(_KEY)
    if key is not None and not 0 < len(key) <= submissions.LONGEST_KEY:
        return False
    return length.isdigit() and len(length) <= _DIGITS and int(length) <= limit
