"""The columns that the form to fill in has beside the intake's: for information only.

They are known by name, in either language, and passed over wherever the form's own column
`to fill in` stands among them. There, and only there, a row in which nothing was entered is not
given, and no error: elsewhere a row without a figure is a mistake.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.translation import Language

INFORMATION: Final[Mapping[str, Mapping[Language, str]]] = {
    "name_zh": {"zh": "指标名称", "en": "KPI name in Chinese"},
    "name_en": {"zh": "指标英文名称", "en": "KPI name in English"},
    "department_name": {"zh": "部门名称", "en": "department name"},
    "unit": {"zh": "计量单位", "en": "unit"},
    "to_fill_in": {"zh": "填报方式", "en": "to fill in"},
    "previous": {"zh": "上期数", "en": "previous figure"},
    "target": {"zh": "目标", "en": "target"},
    "expected": {"zh": "本期应达", "en": "expected"},
    "state": {"zh": "状态", "en": "state"},
    "deadline": {"zh": "截止时间", "en": "deadline"},
    "on_record": {"zh": "已报数", "en": "on record"},
    "returned_because": {"zh": "退回原因", "en": "returned because"},
}
"""Per column that the form writes for information, its header in each language."""

ENTRY: Final = (
    "value",
    "numerator",
    "denominator",
    "observation_status",
    "note",
    "reason",
)
"""The fields that are entered; the others say which figure it is."""


def plain(header: str) -> str:
    """Return a header as it is compared: full-width letters and capitals made plain."""
    return unicodedata.normalize("NFKC", header).casefold()


_KNOWN: Final = MappingProxyType(
    {plain(text): name for name, texts in INFORMATION.items() for text in texts.values()}
)


def is_form(headers: Iterable[str]) -> bool:
    """Tell whether a table is a form that was given out to be filled in."""
    return any(_KNOWN.get(plain(text)) == "to_fill_in" for text in headers)


def is_information(header: str) -> bool:
    """Tell whether a header is one that the form writes for information only."""
    return plain(header) in _KNOWN
