"""What a bulletin says besides names, numbers and notes."""

from __future__ import annotations

from typing import Final

from app.wording.words import msg

LABELS: Final = {
    "bulletin": msg("Monthly bulletin"),
    "cover": msg("The whole office"),
    "trends": msg("Trends"),
    "status": msg("status"),
    "kpi": msg("KPI"),
    "department": msg("department"),
    "target": msg("target"),
    "targets": msg("Targets"),
    "figure": msg("figure"),
    "goal": msg("to be reached"),
    "expected": msg("expected"),
    "ratio": msg("ratio to the target"),
    "pace": msg("pace"),
    "change": msg("against the month before"),
    "trend": msg("trend"),
    "behind": msg("by how much"),
    "since": msg("since"),
    "unit": msg("unit"),
    "period": msg("period"),
    "due": msg("due"),
    "notes": msg("Notes"),
    "slipping": msg("What slips"),
    "nothing_slips": msg("Nothing slips."),
    "met": msg("What is met"),
    "nothing_met": msg("Nothing is met yet."),
    "changed": msg("What has changed in a month"),
    "nothing_changed": msg("No target has another status than a month before."),
    "silent": msg("Who has not reported"),
    "nobody_silent": msg("Everything that was due is in."),
    "by_department": msg("By department"),
    "by_status": msg("Targets by status"),
    "completeness": msg("completeness"),
    "timeliness": msg("timeliness"),
    "overdue": msg("overdue"),
    "days": msg("days late"),
    "nothing_due": msg("Nothing was due yet."),
    "no_targets": msg("It reports figures, and has no target of its own."),
    "more": msg("{count} more stand on the departments' pages."),
    "missing_type": msg("Shown as {mark}, as the type has no shape for them: {characters}"),
    "page": msg("page {page} of {pages}"),
    "reckoning": msg(
        "Ratio to the target: 100% is the target itself. Pace: 100% is what is expected by now. "
        "Both are rounded down. In a trend, the dashed line is the target."
    ),
}
"""Per name, the message."""

SUMMARY: Final = {
    "met": msg("Targets: {total}; met: {met}; on track: {on_track}."),
    "slipping": msg(
        "Slipping: {count} (missed: {missed}; off track: {off_track}; at risk: {at_risk})."
    ),
    "none_slipping": msg("None slips."),
    "no_data": msg("Without a figure: {count}."),
    "silent": msg("Overdue: {figures} figures (departments: {departments})."),
    "nobody_silent": msg("No department owes a figure."),
}
"""What the cover says in sentences."""

OBSERVED: Final = {
    "P": msg("provisional"),
    "E": msg("estimated"),
    "B": msg("break in series"),
}
"""What is said of a figure that is not a normal one."""
