"""The usual post, without the framework's ceremony: one key that is known, one short JSON body.

To have a request's parameters, headers and body looked up, converted and handed over by the
framework costs as much as to take a figure in. So a route stands before the declared one that
takes only requests of which everything is plain at first sight, and gives them the same answer.
Whatever is not plain, it leaves to the declared route, which is the one that is described, and
the only one that refuses a request for how it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import Depends, Request
from starlette.routing import Match, Route

from app.api import access, submissions
from app.api.bodies import whole_body
from app.api.deps import PREFIX, Services, language_of
from app.intake.submission import JSON, Post, Sent, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from app.ledger.key_ring import Bearer

_KEY: Final = submissions.IDEMPOTENCY_KEY.lower().encode()
_TYPE: Final = JSON.encode()
_LOOKED_AT: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"transfer-encoding",
        _KEY,
    }
)
_BEARER: Final = "dabiao.bearer"
_SENT_KEY: Final = "dabiao.idempotency_key"


class UsualPost(Route):
    """Takes `POST /submissions` where there is nothing to look up and nothing to refuse."""

    dependencies = (Depends(access.remembered),)
    """What `check_rules` asks for: `matches` calls it before it takes anything."""

    def __init__(self) -> None:
        """Stand at the declared route's address, under its name."""
        super().__init__(
            f"{PREFIX}/submissions",
            submissions.post_submission,
            methods=["POST"],
            name="post_submission",
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take a request of which everything is plain; of any other say that it is not ours."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self.path:
            return Match.NONE, {}
        if scope["query_string"] or scope.get("root_path"):
            return Match.NONE, {}
        given = _only_once(scope)
        services: Services = scope["app"].state.services
        if given is None or not _is_plain(given, services.settings.max_upload_bytes):
            return Match.NONE, {}
        bearer = access.remembered(services, self.name, given[b"authorization"])
        if bearer is None:
            return Match.NONE, {}
        key = given[_KEY].decode("latin-1") if _KEY in given else None
        return Match.FULL, {
            "endpoint": self.endpoint,
            "path_params": {},
            "route": self,
            _BEARER: bearer,
            _SENT_KEY: key,
        }

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do what `post_submission` does."""
        request = Request(scope, receive, send)
        here: Services = scope["app"].state.services
        bearer: Bearer = scope[_BEARER]
        post = Post(await whole_body(request), JSON, idempotency_key=scope[_SENT_KEY])
        delivery = read(post, bearer.actor)
        receipt = await here.desk.receive(Sent(delivery, bearer.actor, bearer.as_of))
        answer = submissions.answered(request, here, receipt, language_of(request))
        await answer(scope, receive, send)


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
    if b"authorization" not in given or given.get(b"content-type") != _TYPE:
        return False
    if b"content-encoding" in given or b"transfer-encoding" in given:
        return False
    length = given.get(b"content-length", b"")
    # No more digits than a number has that is let pass: int() takes its time over long ones.
    if not length.isdigit() or len(length) > len(str(submissions.SHORT)):
        return False
    key = given.get(_KEY)
    return int(length) <= min(limit, submissions.SHORT) and (
        key is None or 0 < len(key) <= submissions.LONGEST_KEY
    )
