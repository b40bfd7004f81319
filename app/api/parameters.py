"""What stands in a request's address: read strictly, everything wrong told at once.

The readers raise pydantic's errors with a finding's code, so that FastAPI gathers them; `problems`
turns them into findings. What is not declared by the route, or given twice, is refused for every
route in one place.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Query, Request
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.domain.attainment import Status
from app.domain.finding import Finding
from app.domain.period import FIRST_YEAR, LAST_YEAR, Period
from app.errors import Refused
from app.intake.limits import quotable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.dependencies.models import Dependant

MOST_A_PAGE = 1000
_LARGEST_ID = 2**63 - 1

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_BLANK_FOR_PLUS = re.compile(r" (?=[0-9]{2}:[0-9]{2}\Z)")


def parse_instant(text: str) -> dt.datetime:
    """Read an RFC 3339 instant with an offset; raises ValueError.

    A blank before the offset is read as the `+` that an address turns into one.
    """
    text = _BLANK_FOR_PLUS.sub("+", text) if len(text) > len("2013-01-01 00:00") else text
    if _INSTANT.fullmatch(text) is None:
        raise ValueError("not an instant")
    instant = dt.datetime.fromisoformat(text.upper())
    # Further out there are no periods, and arithmetic with offsets runs over at both ends.
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError("not an instant of this age")
    return instant


def _instant(value: object) -> dt.datetime:
    try:
        return parse_instant(str(value))
    except ValueError as error:
        text = quotable(str(value))
        raise PydanticCustomError("bad_instant", "instant", {"text": text}) from error


def _period(value: str) -> str:
    try:
        return str(Period.parse(value))
    except ValueError as error:
        text = quotable(value)
        raise PydanticCustomError("unknown_period", "period", {"text": text}) from error


def _limit(value: object) -> int:
    text = str(value)
    if re.fullmatch(r"[1-9][0-9]{0,3}", text, re.ASCII) and int(text) <= MOST_A_PAGE:
        return int(text)
    raise PydanticCustomError("wrong_type", "limit", {"expected": f"1..{MOST_A_PAGE}"})


def _number(value: object) -> int:
    text = str(value)
    if re.fullmatch(r"[1-9][0-9]{0,18}", text, re.ASCII) and int(text) <= _LARGEST_ID:
        return int(text)
    raise PydanticCustomError("wrong_type", "number", {"expected": "a whole number"})


def _flag(value: object) -> Any:  # noqa: ANN401 - the default comes as a bool
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("wrong_type", "flag", {"expected": "true or false"})


def asked_period(text: str | None) -> Period | None:
    """Return the period that a checked parameter spells."""
    return None if text is None else Period.parse(text)


_CURSOR_EXAMPLE = "WyI2YjUxZDQzMWRmNWQ3ZjE0Iiw0Ml0"
# With their examples: a schema given by hand takes the place of everything that stands beside it.
_PERIOD_SCHEMA = {
    "type": "string",
    "pattern": r"^(19|2[01])\d{2}(-Q[1-4]|-(0[1-9]|1[0-2]))?$",
    "examples": ["2013-03"],
}
_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
_LIMIT_SCHEMA = {"type": "integer", "minimum": 1, "maximum": MOST_A_PAGE, "examples": [100]}
_NUMBER_SCHEMA = {"type": "integer", "minimum": 1, "maximum": _LARGEST_ID, "examples": [42]}
_FLAG_SCHEMA = {"type": "boolean", "examples": [True]}

_PeriodText = Annotated[str, AfterValidator(_period), WithJsonSchema(_PERIOD_SCHEMA)]
_InstantText = Annotated[dt.datetime, BeforeValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA)]

Code = Annotated[str, Path(description="A code.", examples=["invention-pendency"])]
PlanCode = Annotated[str, Path(description="The plan's code.", examples=["work-plan-2013"])]
KpiCode = Annotated[str, Path(description="The KPI's code.", examples=["invention-pendency"])]
DepartmentCode = Annotated[
    str, Path(description="The department's code.", examples=["examination-management"])
]
PeriodInPath = Annotated[_PeriodText, Path(description="`2013`, `2013-Q1` or `2013-03`.")]
Number = Annotated[
    int,
    BeforeValidator(_number),
    WithJsonSchema(_NUMBER_SCHEMA),
    Path(description="The number on the receipt."),
]
KeyNumber = Annotated[
    int,
    BeforeValidator(_number),
    WithJsonSchema(_NUMBER_SCHEMA),
    Path(description="The key's number, as the list of keys has it."),
]

PlanFilter = Annotated[
    str | None, Query(description="Only this plan, by its code.", examples=["work-plan-2013"])
]
KpiFilter = Annotated[
    str | None, Query(description="Only this KPI, by its code.", examples=["invention-pendency"])
]
DepartmentFilter = Annotated[
    str | None,
    Query(
        description="Only this department and those below it, by its code.",
        examples=["examination-management"],
    ),
]
StatusFilter = Annotated[
    Status | None, Query(description="Only targets of this status.", examples=["off_track"])
]
AtPeriod = Annotated[
    _PeriodText | None,
    Query(
        description="The verdict at this period; the newest that has a figure unless given.",
        examples=["2013-06"],
    ),
]
WithinPeriod = Annotated[
    _PeriodText | None,
    Query(
        description="Only figures whose period lies in this one: those of 2013 are its months, its"
        " quarters and the year. Unless given, of each frequency the newest period that has ended"
        " among those for which figures are expected.",
        examples=["2013-03"],
    ),
]
FromPeriod = Annotated[
    _PeriodText | None,
    Query(
        alias="from",
        description="Only periods from this one on, those of another frequency that it touches"
        " included.",
        examples=["2013-01"],
    ),
]
ToPeriod = Annotated[
    _PeriodText | None,
    Query(
        alias="to",
        description="Only periods up to this one, those of another frequency that it touches"
        " included.",
        examples=["2013-06"],
    ),
]
AsOf = Annotated[
    _InstantText | None,
    Query(
        description="An RFC 3339 instant with offset: the answer as it was then.",
        examples=["2013-07-10T09:00:00+08:00"],
    ),
]
Limit = Annotated[
    Annotated[int, BeforeValidator(_limit), WithJsonSchema(_LIMIT_SCHEMA)],
    Query(description=f"How many items at most; 1 to {MOST_A_PAGE}."),
]
Cursor = Annotated[
    str | None,
    Query(description="Where to go on: the `next` of the page before.", examples=[_CURSOR_EXAMPLE]),
]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema(_FLAG_SCHEMA)]


async def only_known_parameters(request: Request) -> None:
    """Refuse query parameters that the route does not declare, or that come twice."""
    known = set(_declared(request.scope["route"].dependant))
    seen: set[str] = set()
    findings: list[Finding] = []
    for name, _ in request.query_params.multi_items():
        code = "repeated_parameter" if name in seen else "unknown_parameter"
        if name in seen or name not in known:
            findings.append(Finding(code, None, quotable(name), {"name": quotable(name)}))
        seen.add(name)
    if findings:
        raise Refused("the address has parameters that are not read here", findings)


def _declared(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        yield field.alias
    for below in dependant.dependencies:
        yield from _declared(below)
