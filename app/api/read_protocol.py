"""Prometheus's remote-read protocol on the wire: protobuf, packed by snappy's block format.

The messages are declared here, as far as they are read and written, by the field numbers of
Prometheus's `prompb/remote.proto` and `prompb/types.proto`; unknown fields (hints, chunks) are
passed over, as the format wants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cramjam
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from app.api.matchers import Matcher, MatchKind, PatternError
from app.domain.finding import Finding
from app.errors import Refused
from app.intake.limits import quotable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from google.protobuf.message import Message

UNPACKED_BYTES: Final = 4 * 1024 * 1024
"""Of a request; a query with a pattern of every code of an office has a few thousand."""
QUERIES: Final = 64
MATCHERS: Final = 64
SAMPLES: Final = 0
"""The one type of response that is given, by the protocol's number."""

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "dabiao.prometheus"
_TYPES: Final = {
    "int64": _Field.TYPE_INT64,
    "int32": _Field.TYPE_INT32,
    "double": _Field.TYPE_DOUBLE,
    "string": _Field.TYPE_STRING,
}
# Per message: number, name and type of each field; [] for a repeated one. Prometheus's enums are
# numbers here, which is the same on the wire.
_MESSAGES: Final[Mapping[str, Sequence[tuple[int, str, str]]]] = {
    "LabelMatcher": [(1, "type", "int32"), (2, "name", "string"), (3, "value", "string")],
    "Query": [
        (1, "start_timestamp_ms", "int64"),
        (2, "end_timestamp_ms", "int64"),
        (3, "matchers", "LabelMatcher[]"),
    ],
    "ReadRequest": [(1, "queries", "Query[]"), (2, "accepted_response_types", "int32[]")],
    "Label": [(1, "name", "string"), (2, "value", "string")],
    "Sample": [(1, "value", "double"), (2, "timestamp", "int64")],
    "TimeSeries": [(1, "labels", "Label[]"), (2, "samples", "Sample[]")],
    "QueryResult": [(1, "timeseries", "TimeSeries[]")],
    "ReadResponse": [(1, "results", "QueryResult[]")],
}


@dataclass(frozen=True, slots=True)
class Query:
    """One query: from when to when, in milliseconds and both included, and of which series."""

    start: int
    end: int
    matchers: tuple[Matcher, ...]


Found = tuple["Mapping[str, str]", "Iterable[tuple[int, float]]"]
"""A series: its labels in alphabetical order, and its samples in order of time."""


def decode(body: bytes) -> list[Query]:
    """Read a request; raises Refused with what is wrong with it.

    Its size is taken from the body's head and looked at before a byte of it is unpacked.
    """
    request: Any = _message("ReadRequest")
    try:
        size = cramjam.snappy.decompress_raw_len(body)
        if size > UNPACKED_BYTES:
            raise _refused("remote_read_too_large", limit=UNPACKED_BYTES)
        request.ParseFromString(bytes(cramjam.snappy.decompress_raw(body)))
    except (cramjam.DecompressionError, DecodeError) as error:
        raise _refused("not_a_remote_read") from error
    accepted = request.accepted_response_types
    if len(accepted) > 0 and SAMPLES not in accepted:
        raise _refused("remote_read_without_samples")
    if len(request.queries) > QUERIES:
        raise _refused("too_many_queries", limit=QUERIES)
    return [_query(query) for query in request.queries]


def _query(query: Any) -> Query:  # noqa: ANN401 - a message that is declared below
    if len(query.matchers) > MATCHERS:
        raise _refused("too_many_matchers", limit=MATCHERS)
    matchers = tuple(_matcher(given) for given in query.matchers)
    return Query(query.start_timestamp_ms, query.end_timestamp_ms, matchers)


def _matcher(given: Any) -> Matcher:  # noqa: ANN401 - as above
    if given.type not in tuple(MatchKind):
        raise _refused("not_a_remote_read")
    try:
        return Matcher(MatchKind(given.type), given.name, given.value)
    except PatternError as error:
        shown = quotable(given.value)
        raise _refused("unreadable_pattern", pattern=shown, problem=error) from error


def encode(results: Iterable[Iterable[Found]]) -> bytes:
    """Write a response: per query, in order, the series found."""
    response: Any = _message("ReadResponse")
    for found in results:
        result = response.results.add()
        for labels, samples in found:
            series = result.timeseries.add()
            for name, value in labels.items():
                series.labels.add(name=name, value=value)
            for at, number in samples:
                series.samples.add(value=number, timestamp=at)
    return bytes(cramjam.snappy.compress_raw(response.SerializeToString()))


def _refused(code: str, **values: object) -> Refused:
    words = {name: str(value) for name, value in values.items()}
    return Refused("the remote read cannot be answered", [Finding(code, values=words)])


def _declared() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(
        name="remote_read.proto", package=_PACKAGE, syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        declared = file.message_type.add(name=message)
        for number, name, kind in fields:
            plain = kind.removesuffix("[]")
            label = _Field.LABEL_OPTIONAL if plain == kind else _Field.LABEL_REPEATED
            field = declared.field.add(name=name, number=number, label=label)
            if plain in _TYPES:
                field.type = _TYPES[plain]
            else:
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


_POOL: Final = _declared()


def _message(name: str) -> Message:
    made = message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
    return made()
