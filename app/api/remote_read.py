"""`POST /api/v1/read`: history in period time for Prometheus, by its remote-read protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.api import PREFIX
from app.api.deps import Here, Services
from app.api.matchers import MatchKind, meets
from app.api.problems import PROBLEM_TYPE, Problem, problem_answer
from app.api.rendering import NO_SNIFFING
from app.domain.finding import Finding
from app.errors import Refused, TooLarge
from app.exports.history import History, named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.api.read_protocol import Query
    from app.domain.catalogue import Catalogue
    from app.exports.history import Sample, Series

router = APIRouter(prefix=PREFIX, tags=["history"])

TIME: Final = "time"
PERIOD: Final = "period"
"""What the label `time` says of every series here: that its clock is the periods'."""
PACKED_BYTES: Final = 1024 * 1024
SERIES: Final = 20_000
SAMPLES: Final = 1_000_000
YEARS: Final = 100
_MILLISECONDS_A_YEAR: Final = 31_556_952_000
_PROTOBUF: Final = "application/x-protobuf"
NOT_READ: Final = Problem(
    "history-not-read", 400, "History not read", "The findings say what is wrong, and where."
)
_REFUSAL: Final = {
    "schema": {"$ref": "#/components/schemas/Problem"},
    "example": {
        "type": NOT_READ.type,
        "title": NOT_READ.title,
        "status": NOT_READ.status,
        "detail": NOT_READ.detail,
    },
}


async def _body(request: Request) -> bytes:
    """Read a body up to what a request can need; raises TooLarge.

    Its media type and coding are not looked at: what it is, it shows when it is unpacked.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PACKED_BYTES:
            raise TooLarge(f"the body has more than {PACKED_BYTES} bytes")
    return bytes(body)


@router.post(
    "/read",
    name="read_history",
    summary="Read history in period time",
    response_class=Response,
    responses={
        200: {
            "description": "The series found, as samples; packed by snappy.",
            "content": {_PROTOBUF: {"schema": {"type": "string", "format": "binary"}}},
        },
        400: {"description": NOT_READ.title, "content": {PROBLEM_TYPE: _REFUSAL}},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "Prometheus's `ReadRequest`, packed by snappy.",
            "content": {_PROTOBUF: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def read_history(request: Request, here: Here, body: Annotated[bytes, Depends(_body)]) -> Response:
    """Answer Prometheus's remote read, for queries that carry the matcher `time="period"`.

    Each series has one sample a period, stamped with the period's last second; always the current
    revisions. A query without the matcher finds nothing.
    """
    try:
        from app.api.read_protocol import decode, encode

        content = encode(_answers(here, decode(body)))
    except Refused as refused:
        return problem_answer(request, NOT_READ, refused.findings)
    headers = {"Content-Encoding": "snappy", **NO_SNIFFING}
    return Response(content, media_type=_PROTOBUF, headers=headers)


def _answers(
    here: Services, queries: list[Query]
) -> Iterator[Iterator[tuple[Mapping[str, str], list[Sample]]]]:
    """Go through the queries' answers, all of one snapshot; raises Refused for too much."""
    office = here.office
    with office.database.read() as connection:
        stored, seen = office.seen(connection)
        history = History(connection, stored, seen, office.zone)
        left = SAMPLES
        for query in queries:
            chosen = _chosen(stored.catalogue, query)
            found = []
            for series, samples in history.read(chosen):
                within = [one for one in samples if query.start <= one[0] <= query.end]
                left -= len(within)
                if left < 0:
                    raise _too_much("too_many_samples", SAMPLES)
                if within:
                    found.append((series.labels(PERIOD), within))
            yield iter(found)


def _chosen(catalogue: Catalogue, query: Query) -> list[Series]:
    """Return the series that a query asks for; none without the matcher that it needs."""
    if not any(
        (matcher.kind, matcher.label, matcher.value) == (MatchKind.EQUAL, TIME, PERIOD)
        for matcher in query.matchers
    ):
        return []
    if query.end - query.start > YEARS * _MILLISECONDS_A_YEAR:
        raise _too_much("span_too_long", YEARS)
    chosen = [series for series in named(catalogue) if meets(series.labels(PERIOD), query.matchers)]
    if len(chosen) > SERIES:
        raise _too_much("too_many_series", SERIES)
    return chosen


def _too_much(code: str, limit: int) -> Refused:
    return Refused("the query asks for too much", [Finding(code, values={"limit": str(limit)})])
