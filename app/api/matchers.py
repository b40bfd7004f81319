"""Label matchers of Prometheus: equal, not equal, and both for patterns, anchored at both ends.

Patterns are Prometheus's own, RE2, and are run by RE2: another syntax would read some of them
otherwise, and a backtracking engine could be kept busy for ever by one line of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import re2

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PATTERN_LENGTH: Final = 65_536
"""Characters of a pattern: Grafana puts every value of a variable into one."""


class MatchKind(IntEnum):
    """What a matcher asks of a label, by Prometheus's numbers."""

    EQUAL = 0
    NOT_EQUAL = 1
    PATTERN = 2
    NOT_PATTERN = 3


class PatternError(ValueError):
    """Not a pattern that is read; `str()` says why."""


@dataclass(frozen=True)
class Matcher:
    """One condition on a label; a label that a series does not have is an empty one."""

    kind: MatchKind
    label: str
    value: str

    def __post_init__(self) -> None:
        """Read the pattern, if it is one; raises PatternError."""
        if self.kind >= MatchKind.PATTERN:
            _ = self._pattern

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether a series of these labels meets the condition."""
        given = labels.get(self.label, "")
        if self.kind < MatchKind.PATTERN:
            return (given == self.value) is (self.kind is MatchKind.EQUAL)
        known = self._known.get(given)
        if known is None:
            found = self._pattern.fullmatch(given) is not None
            known = self._known[given] = found is (self.kind is MatchKind.PATTERN)
        return known

    @cached_property
    def _known(self) -> dict[str, bool]:
        # A label has few values, and each of them comes again and again.
        return {}

    @cached_property
    def _pattern(self) -> Any:  # noqa: ANN401 - the bindings bear no types
        if len(self.value) > PATTERN_LENGTH:
            raise PatternError(f"more than {PATTERN_LENGTH} characters")
        options = re2.Options()
        options.dot_nl = True  # as Prometheus has it
        options.log_errors = False
        try:
            return re2.compile(self.value, options=options)
        except re2.error as error:
            reason = error.args[0] if error.args else b""
            said = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
            raise PatternError(said) from error


def meets(labels: Mapping[str, str], matchers: Iterable[Matcher]) -> bool:
    """Tell whether a series of these labels meets every condition."""
    return all(matcher.holds(labels) for matcher in matchers)
