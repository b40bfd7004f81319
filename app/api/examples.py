"""Examples for the API's description, all of one office at one moment."""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

RESOURCES: Final[dict[str, Example]] = {
    "plan": {
        "code": "work-plan-2013",
        "name_zh": "2013年工作要点",
        "name_en": "Work plan 2013",
        "start": "2013-01",
        "end": "2013-12",
        "source": "Work plan of 2013",
    },
    "department": {
        "code": "examination-management",
        "name_zh": "审查业务管理部",
        "name_en": "Examination management",
        "kind": "department",
        "parent": "office",
    },
    "kpi": {
        "code": "invention-pendency",
        "name_zh": "发明专利审查周期",
        "name_en": "Pendency of inventions",
        "unit_zh": "个月",
        "unit_en": "months",
        "kind": "level",
        "frequency": "M",
        "direction": "lower",
        "decimals": 1,
        "due_days": 10,
        "factor": 1,
        "monotone": False,
        "minimum": 0,
        "maximum": 120,
        "definition": "From the request for examination to grant, mean over the closed cases",
        "early_figures": False,
        "sum_of": None,
        "reported_by": ["examination-management"],
        "definitions": [
            {
                "version": 1,
                "since": None,
                "text": "From filing to grant, mean over the closed cases",
            },
            {
                "version": 2,
                "since": "2012-01",
                "text": "From the request for examination to grant, mean over the closed cases",
            },
        ],
    },
    "target": {
        "plan": "work-plan-2013",
        "kpi": "invention-pendency",
        "department": "examination-management",
        "target": "<= 22.5",
        "due": "2013-12",
        "overshoot": "met",
        "tolerance_band": 0.05,
        "baseline": {"period": "2012-12", "value": 22.9},
        "trajectory": {"shape": "linear", "points": {}},
        "weight": None,
        "source": "Work plan of 2013, section 2",
        "in_force_from": "2013-01",
        "reason": "Agreed with the department in January",
    },
}
TARGET: Final[Example] = {**RESOURCES["target"], "version": 1}

SUBMISSION: Final[Example] = {
    "actuals": [
        {
            "kpi": "invention-pendency",
            "department": "examination-management",
            "period": "2013-03",
            "value": 22.54,
            "denominator": 29600,
            "note": "Before the annual audit",
        }
    ]
}
RECEIPT_LINE: Final[Example] = {
    "id": 42,
    "status": "accepted",
    "source": "api",
    "filename": None,
    "received_at": "2013-04-08T09:30:00+08:00",
    "submitted_by": "examination management",
    "received": 1,
    "created": 1,
    "revised": 0,
    "unchanged": 0,
    "rejected": 0,
}
ANSWERS: Final[Example] = {
    "acknowledgements": [{"finding": 1, "note": "Checked: two bureaus were merged in March"}]
}
ANSWERED: Final[Example] = {
    "recorded": 1,
    "unchanged": 0,
    "acknowledgements": [
        {
            "finding": 1,
            "code": "far_from_history",
            "row": 1,
            "note": "Checked: two bureaus were merged in March",
            "acknowledged_by": "examination management",
            "acknowledged_at": "2013-04-08T09:40:00+08:00",
        }
    ],
}
RECEIPT: Final[Example] = {**RECEIPT_LINE, "findings": [], "acknowledgements": []}
DRY: Final[Example] = {"id": None, "received_at": None}
RETURN: Final[Example] = {"reason": "The cases of the last week are not in it"}
REVIEWS: Final[Example] = {
    "items": [
        {
            "action": "return",
            "reviewed_at": "2013-04-09T15:00:00+08:00",
            "reviewed_by": "planning",
            **RETURN,
            "figures": 1,
        }
    ],
    "acknowledgements": ANSWERED["acknowledgements"],
}
FINDING: Final[Example] = {
    "severity": "error",
    "code": "period_not_begun",
    "row": 1,
    "column": "period",
    "message": "2013-05 has not begun yet.",
}
REFUSAL: Final[Example] = {
    **RECEIPT_LINE,
    "id": 43,
    "outcome": "refused",
    "created": 0,
    "rejected": 1,
    "type": "/problems/refused",
    "title": "Refused",
    "status": 422,
    "detail": "The findings say what is wrong, and where.",
    "findings": [FINDING],
    "acknowledgements": [],
}
CSV_FILE: Final = (
    "kpi,department,period,value,numerator,denominator,observation_status,note,reason,"
    "definition_version\r\n"
    "invention-pendency,examination-management,2013-03,22.54,,29600,A,Before the annual audit,,2"
    "\r\n"
)
SDMX_FILE: Final = (
    "DATAFLOW,FREQ,KPI,DEPARTMENT,TIME_PERIOD,OBS_VALUE,OBS_STATUS,NUMERATOR,DENOMINATOR,"
    "COMMENT_OBS,DEFINITION_VERSION\r\n"
    "DABIAO:ACTUALS(1.0),M,invention-pendency,examination-management,2013-03,22.54,A,,29600,"
    "Before the annual audit,2\r\n"
)

FIGURE: Final[Example] = {
    "department": "examination-management",
    "period": "2013-03",
    "value": 22.54,
    "numerator": None,
    "denominator": 29600,
    "actual": 22.54,
    "observation_status": "A",
    "definition_version": 2,
    "note": "Before the annual audit",
    "revision": 1,
    "submission": 42,
    "recorded_at": "2013-04-08T09:30:00+08:00",
}
ACTUAL: Final[Example] = {"kpi": "invention-pendency", **FIGURE}
HISTORY: Final[Example] = {
    "kpi": "invention-pendency",
    "department": "examination-management",
    "period": "2013-03",
    "items": [
        {
            "revision": 1,
            "value": 22.54,
            "numerator": None,
            "denominator": 29600,
            "observation_status": "A",
            "note": "Before the annual audit",
            "reason": None,
            "source": "api",
            "submission": 42,
            "row": 1,
            "recorded_by": "examination management",
            "recorded_at": "2013-04-08T09:30:00+08:00",
        }
    ],
}
SCOREBOARD_ROW: Final[Example] = {
    "plan": "work-plan-2013",
    "kpi": "invention-pendency",
    "kpi_name": "Pendency of inventions",
    "department": "examination-management",
    "department_name": "Examination management",
    "unit": "months",
    "comparator": "at_most",
    "lower": None,
    "upper": 22.5,
    "target_text": "<= 22.5",
    "target_version": 1,
    "due": "2013-12",
    "period": "2013-03",
    "actual": 22.54,
    "expected": 22.8,
    "ratio": 0.998222222222,
    "pace": 1.011403508771,
    "progress": 0.9,
    "gap": 0.04,
    "status": "on_track",
    "revision": 1,
    "submitted_at": "2013-04-08T09:30:00+08:00",
    "target_recorded_at": "2013-01-15T10:00:00+08:00",
    "target_in_force_from": "2013-01",
    "target_reason": "Agreed with the department in January",
    "target_text_before": None,
    "definition_version": 2,
    "breaks": [],
}
_REVIEWED: Final[Example] = {
    "kpi": "invention-pendency",
    "department": "examination-management",
    "period": "2013-03",
    "revision": 1,
    "submission": 42,
    "state": "approved",
    "reviewed_at": "2013-04-09T15:00:00+08:00",
    "reviewed_by": "planning",
    "reason": None,
}
APPROVED: Final[Example] = {"figures": [_REVIEWED], "superseded": []}
RETURNED: Final[Example] = {
    "figures": [{**_REVIEWED, "state": "returned", **RETURN}],
    "superseded": [],
}
_MISCOUNTED: Final[Example] = {"reason": "The annual audit found cases that were counted twice"}
REOPENING: Final[Example] = {
    "kpi": "invention-pendency",
    "department": "examination-management",
    "period": "2013-03",
    **_MISCOUNTED,
}
REOPENED: Final[Example] = {
    "figures": [{**_REVIEWED, "state": "submitted", **_MISCOUNTED}],
    "superseded": [],
}


def _conflict(slug: str, title: str, detail: str, state: str) -> Example:
    figure = {name: _REVIEWED[name] for name in ("kpi", "department", "period")}
    return {
        "figures": [{**figure, "state": state}],
        "type": f"/problems/{slug}",
        "title": title,
        "status": 409,
        "detail": detail,
    }


RETURNED_BEFORE: Final[Example] = _conflict(
    "figure-returned",
    "Figure returned",
    "A figure was returned; it can be approved once the department has answered with a figure.",
    "returned",
)
LOCKED: Final[Example] = _conflict(
    "figure-locked",
    "Figure locked",
    "A figure is approved and so locked; it has to be reopened, with a reason.",
    "approved",
)
NOT_APPROVED: Final[Example] = _conflict(
    "not-approved",
    "Not approved",
    "The figure is not approved, so there is nothing to reopen.",
    "submitted",
)
REPORTING: Final[Example] = {
    "items": [
        {
            "kpi": "invention-pendency",
            "kpi_name": "Pendency of inventions",
            "department": "examination-management",
            "department_name": "Examination management",
            "period": "2013-03",
            "state": "returned",
            "awaited": "department",
            "due": "2013-04-11T00:00:00+08:00",
            "days_overdue": None,
            "submitted_at": "2013-04-08T09:30:00+08:00",
            "revision": 1,
            "submission": 42,
            "reviewed_at": "2013-04-09T15:00:00+08:00",
            "reviewed_by": "planning",
            **RETURN,
        }
    ],
    "next": None,
    "completeness": {"expected": 8, "posted": 6, "ratio": 0.75},
    "timeliness": {"expected": 8, "on_time": 5, "ratio": 0.625},
}
