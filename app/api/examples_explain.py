"""Examples of the answers about one target, of the same office at the same moment."""

from __future__ import annotations

from typing import Final

from app.api.examples import FIGURE, RESOURCES, SCOREBOARD_ROW, TARGET, Example

_RECORDED: Final[Example] = {
    "version": 1,
    "target_text": "<= 22.5",
    "in_force_from": "2013-01",
    "reason": "Agreed with the department in January",
    "recorded_at": "2013-01-15T10:00:00+08:00",
    "recorded_by": "planning",
}
_DEFINITION: Final[Example] = RESOURCES["kpi"]["definitions"][1]

EXPLANATION: Final[Example] = {
    "as_of": "2013-04-10T09:00:00+08:00",
    **SCOREBOARD_ROW,
    "attained": False,
    "kind": "level",
    "definition": _DEFINITION,
    "overshoot": "met",
    "tolerance_band": 0.05,
    "baseline": {"period": "2012-12", "value": 22.9},
    "trajectory": {"shape": "linear", "points": {}},
    "source": "Work plan of 2013, section 2",
    "target_versions": [{**_RECORDED, "due": "2013-12"}],
    "steps": [
        {
            "name": "ratio",
            "rule": "1 + (T - A) / |T|",
            "numbers": "1 + (22.5 - 22.54) / |22.5| = 0.998222222222",
            "result": 0.998222222222,
        }
    ],
    "figures": [
        {
            **FIGURE,
            "state": "approved",
            "reviewed_at": "2013-04-09T15:00:00+08:00",
            "reviewed_by": "planning",
            "reason": None,
        }
    ],
    "missing": ["design-examination"],
    "roll_up": {
        "rule": "share of the weight x (a - T)",
        "reference": 22.5,
        "distance": 0.04,
        "bound": 0,
        "parts": [
            {
                "department": "examination-management",
                "department_name": "Examination management",
                "parent": None,
                "period": "2013-03",
                "value": 22.54,
                "weight": 29600,
                "share": 1,
                "contribution": 0.04,
            }
        ],
        "groups": [],
        "missing": [
            {
                "department": "design-examination",
                "department_name": "Design examination",
                "parent": None,
                "why": "no_figure",
                "weight": 7400,
                "weight_period": "2012-12",
                "share": 0.2,
                "contribution": 0,
            }
        ],
        "missing_share": 0.2,
    },
    "crossings": [],
    "required": {
        "rule": "T at 2013-12 for the departments together: what one of them must bring hangs on"
        " the weights of then",
        "first": "2013-04",
        "last": "2013-12",
        "periods": 9,
        "lower": None,
        "upper": 22.5,
        "lower_a_period": None,
        "upper_a_period": None,
    },
    "forecast": {
        "note": "from 15 figures since 2012-01; 80 % interval",
        "outlook": "open",
        "ratio": 1.004,
        "points": [
            {"period": "2013-11", "value": 22.43, "lower": 22.08, "upper": 22.78},
            {"period": "2013-12", "value": 22.41, "lower": 22.04, "upper": 22.78},
        ],
    },
}
TARGET_VERSIONS: Final[Example] = {
    "as_of": "2013-04-10T09:00:00+08:00",
    "items": [{**TARGET, **_RECORDED}],
}
SERIES: Final[Example] = {
    "plan": "work-plan-2013",
    "kpi": "invention-pendency",
    "department": "examination-management",
    "as_of": "2013-04-10T09:00:00+08:00",
    "items": [
        {
            "period": "2013-03",
            "figure": 22.54,
            "actual": 22.54,
            "expected": 22.8,
            "target_version": 1,
            "definition_version": 2,
            "break_by": None,
            "ratio": 0.998222222222,
            "pace": 1.011403508771,
            "status": "on_track",
            "revision": 1,
        },
        {
            "period": "2013-04",
            "figure": None,
            "actual": None,
            "expected": 22.766666666666,
            "target_version": 1,
            "definition_version": 2,
            "break_by": None,
            "ratio": None,
            "pace": None,
            "status": None,
            "revision": None,
        },
    ],
}
