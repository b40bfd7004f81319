"""Findings: everything that can be wrong or odd in a delivery, each with its code and its words.

A finding keeps its code and the values that its message needs; the words are looked up when it is
shown, so that a receipt can be read in another language than the one it was made in. The English
templates below are the message ids of the translation catalogues in `app/locale`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """Errors refuse; warnings are kept with the submission and shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong or odd.

    row: for a file, the row as a spreadsheet counts it (the header is row 1); for JSON, the
    place in `actuals`, from 1; None where the delivery as a whole is meant.
    column: the header as the file has it, or the JSON field.
    values: what the message's template names.
    """

    code: str
    row: int | None = None
    column: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.ERROR


TEMPLATES: Mapping[str, str] = {
    # the delivery as a whole
    "empty": "There is nothing in it: no figure was found.",
    "unreadable_encoding": "The text is neither UTF-8 nor GB18030.",
    "unreadable_json": "This is not JSON that can be read: {problem}.",
    "malformed_json": "This is not JSON: it goes wrong at line {line}, column {column}.",
    "unreadable_csv": "The file cannot be read as CSV: {problem}.",
    "duplicate_json_key": "The field “{name}” stands twice in the same object.",
    "wrong_type": "Expected {expected} here.",
    "unknown_field": "“{name}” is not a field that is known here.",
    "missing_field": "“{name}” is missing.",
    "no_header": "No header row was found: it must name kpi, department, period, and a value.",
    "unknown_column": "“{name}” is not a column that is known here.",
    "duplicate_column": "The column “{name}” stands there twice.",
    "missing_column": "The column “{name}” is missing.",
    "too_many_cells": "The row has more cells than the header has columns.",
    "too_long": "The text is longer than {limit} characters.",
    "bad_character": "The text holds a character that cannot be kept: {character}.",
    "too_many_findings": "More findings were found; the first {limit} are listed.",
    "workbook_not_text": "This is a workbook, whatever it is named; send it as .xlsx.",
    # a workbook
    "encrypted_workbook": "The workbook can only be opened with a password; save it without one.",
    "old_workbook": "This is a workbook in the old format (.xls); save it as .xlsx.",
    "open_document": "This is an OpenDocument spreadsheet (.ods); save it as .xlsx.",
    "web_page": (
        "This is a web page or XML, whatever it is named; open it in a spreadsheet "
        "program and save it as .xlsx."
    ),
    "text_not_workbook": "This is text, whatever it is named; send it as CSV, or save it as .xlsx.",
    "not_a_workbook": "This is not an .xlsx workbook, whatever it is named.",
    "damaged_workbook": "The workbook is damaged or cut off; open it, save it anew, and send that.",
    "document_type": (
        "The workbook declares a document type, which no spreadsheet program does; it is not read."
    ),
    "workbook_too_large": "The workbook holds more than {limit} MiB when unpacked.",
    "too_many_parts": "The workbook is made of more than {limit} parts.",
    "too_many_filled_cells": (
        "The workbook has more than {limit} filled cells; split it, or send it as CSV."
    ),
    "workbook_too_demanding": (
        "Reading the workbook took more time or memory than there is for it; split it, "
        "or send it as CSV."
    ),
    "several_sheets": (
        "More than one sheet has a header row with figures below it: {names}; keep the "
        "one that is meant."
    ),
    "hidden_sheet": "The sheet “{name}” is hidden; it was read all the same.",
    "hidden_column": "The column is hidden; it was read all the same.",
    "hidden_rows": "These rows are hidden; they were read all the same: {rows}.",
    "formula_without_value": (
        "The formula has no computed value; open the file, let it compute, and save it."
    ),
    "error_cell": "The cell shows the error {text}.",
    "boolean_cell": "The cell holds the truth value {text}, not a number or text.",
    "percent_cell": (
        "The cell is formatted as a percentage and holds {text}: write what is meant as "
        "a plain number."
    ),
    "merged_cell": "The cell is merged with others ({range}); give each row and column its own.",
    # one row
    "unknown_kpi": "There is no KPI “{name}”.",
    "ambiguous_kpi": "More than one KPI is named “{name}”; give its code.",
    "unknown_department": "There is no department “{name}”.",
    "ambiguous_department": "More than one department is named “{name}”; give its code.",
    "not_reported_here": "The department {department} does not report {kpi}.",
    "not_permitted": "This key may not post for the department {department}.",
    "unknown_period": "“{text}” is not a period; write 2013, 2013-Q1 or 2013-03.",
    "wrong_frequency": "{kpi} is reported {frequency}; {period} is not such a period.",
    "not_a_number": "“{text}” is not a number that can be read without doubt.",
    "too_many_digits": "“{text}” has more than 12 digits before or 6 after the point.",
    "missing_value": "There is no figure: give a value, or numerator and denominator.",
    "value_and_status_missing": "A figure reported as missing (M) cannot have a value.",
    "numerator_without_denominator": "A numerator needs its denominator.",
    "denominator_alone": "A denominator needs its numerator, or a value that it weighs.",
    "denominator_not_positive": "The denominator must be above 0.",
    "not_divisible": "A {kind} is posted as a value, without numerator and denominator.",
    "inconsistent_value": "The value {value} is not {numerator} / {denominator} x {factor}.",
    "unknown_observation_status": "“{text}” is not an observation status: A, P, E, B or M.",
    "below_minimum": "{value} is below the least possible figure of {kpi}, {limit}.",
    "above_maximum": "{value} is above the greatest possible figure of {kpi}, {limit}.",
    "period_not_begun": "{period} has not begun yet.",
    "period_not_ended": "{period} has not ended yet, and {kpi} takes no early figures.",
    "wrong_definition": "{period} of {kpi} belongs to version {version} of its definition, not to"
    " “{text}”.",
    "period_locked": "{period} is locked: {by} approved it on {at}. A correction needs an approver"
    " to reopen it.",
    "figure_returned": "{by} returned the figure of {period} on {at}: “{reason}” {department} is"
    " awaited: the figure corrected, or the same again, with a reason.",
    "duplicate_row": "The same figure stands already in row {first}.",
    "reason_missing": "{current} is on record for this period; a correction needs a reason.",
    # odd, and asked about: warnings
    "far_from_history": (
        "{value} is far from the other figures of {kpi} of {department}: the median of {count} "
        "figures from {first} to {last} is {median}, and {low} to {high} would be usual."
    ),
    "fell": "{kpi} is not expected to fall: {value} is below the {other} of {period}.",
    "falls_later": "{kpi} is not expected to fall: {value} is above the later {other} of {period}.",
    "part_exceeds_whole": (
        "In {period}, {kpi} of {part} is {value}: more than the {total} of {whole}, to which it "
        "belongs."
    ),
    "parts_differ": (
        "In {period}, {kpi} of {whole} is {total}, but its parts add up to {sum}: {figures}."
    ),
    "looks_shifted": (
        "{value} fits {neighbour_kpi} of {neighbour} in row {neighbour_row} (last figure "
        "{neighbour_newest}) better than {kpi} of {department} (last figure {newest}): the rows "
        "{first} to {last} look shifted against each other."
    ),
    "sum_differs": "In {period}, {kpi} is {value}, but {figures} make {sum}.",
    "too_many_warnings": "More is odd in this delivery; the first {limit} questions are listed.",
    # answers to warnings
    "finding_unnamed": "Name a warning by its place (finding), or by its code and row; not by"
    " both.",
    "no_such_finding": "The submission has no such finding.",
    "several_findings": "Several findings of the submission are of this code and row; name one by "
    "its place.",
    "not_a_warning": "This is an error, and not a warning to be answered.",
    "finding_answered_twice": "This warning is answered twice here.",
    # what goes out
    "too_many_figures": "A sheet holds {limit} figures and these are more; narrow them down, or ask"
    " for csv.",
    # remote read
    "not_a_remote_read": "This is not a remote-read request: protobuf, packed by snappy.",
    "remote_read_too_large": "Unpacked, the request has more than {limit} bytes.",
    "remote_read_without_samples": "History is given as samples, and the request takes none.",
    "too_many_queries": "A request has at most {limit} queries.",
    "too_many_matchers": "A query has at most {limit} matchers.",
    "unreadable_pattern": "“{pattern}” is not a pattern (RE2) that can be read: {problem}.",
    "span_too_long": "The query spans more than {limit} years; ask for a shorter time.",
    "too_many_series": "The query asks for more than {limit} series; narrow it down by matchers.",
    "too_many_samples": (
        "The request asks for more than {limit} samples; narrow it down by matchers, or ask for a "
        "shorter time."
    ),
    # catalogue
    "invalid": "{problem}.",
    "duplicate_code": "“{name}” stands there twice.",
    "unknown_plan": "There is no plan “{name}”.",
    "unknown_parent": "There is no department “{name}” to be the parent.",
    "circular_parent": "The department would be its own ancestor.",
    "end_before_start": "The end lies before the start.",
    "due_outside_plan": "{due} does not lie within the plan ({start} to {end}).",
    "not_a_target": "{problem}.",
    "baseline_needed": "A linear trajectory of a {kind} needs a baseline.",
    "baseline_not_before_due": "The baseline must lie before the period in which it is due.",
    "points_needed": "A trajectory of the shape {shape} needs points.",
    "points_not_allowed": "A trajectory of the shape {shape} takes no points.",
    "point_not_before_due": "The point {period} must lie before the due period or on it.",
    "milestone_mismatch": "The target “done” belongs to milestones, and only to them.",
    "code_mismatch": "The code in the body, {body}, is not the one in the address, {address}.",
    "total_not_a_stock": "Only a stock can be the running total of a flow.",
    "not_a_flow_to_sum": "{kpi} is not a flow of the same frequency, which alone can be summed up.",
    "definitions_out_of_order": "The versions of a definition are numbered 1, 2, 3 and so on; the"
    " first has no `since`, and each other one begins after the one before it.",
    "definition_differs": "`definition` is not what the newest of `definitions` says; give either.",
    "definitions_missing": "The definition of this KPI has {count} versions on record; give"
    " `definitions` too, as it is to be.",
    "in_force_outside": "A target can be in force from a period of the plan on, up to the one in"
    " which it is due; {period} does not lie between {start} and {due}.",
    "reason_repeated": "This is the reason of version {version}; say why the target changes now, or"
    " leave it out.",
    "frequency_fixed": "The frequency of a KPI with figures cannot change; make a new KPI.",
    # people
    "not_a_user_name": (
        "“{text}” cannot be a user's name: lower-case letters, digits, dots, hyphens and "
        "underscores, beginning with a letter, 64 at most."
    ),
    "password_too_short": "A password has at least {limit} characters; a few words will do.",
    "password_too_simple": (
        "This password is too easily guessed: it holds the user's name, or hardly any different "
        "characters."
    ),
    # the address
    "unknown_parameter": "“{name}” is not a query parameter that is known here.",
    "repeated_parameter": "The query parameter “{name}” stands there twice.",
    "bad_cursor": "The cursor was not given out by this list.",
    "bad_instant": "“{text}” is not an RFC 3339 instant with an offset.",
    # backups
    "backup_broken": "There is no backup of a ledger that is broken: {problem}.",
    "backup_unwritten": "A backup cannot be written where temporary files are kept: {problem}.",
}


def english(finding: Finding) -> str:
    """Return the finding's message in English."""
    return TEMPLATES[finding.code].format(**finding.values)
