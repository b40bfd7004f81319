"""A receipt as it is shown: the same document from the API and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.domain.finding import Finding
    from app.ledger.acknowledgements import Acknowledgement
    from app.ledger.submissions import Receipt
    from app.translation import Language, Translator


def receipt_document(
    receipt: Receipt, translator: Translator, language: Language
) -> dict[str, Any]:
    """Return a receipt in plain values, its findings' messages in `language`."""
    counts = receipt.result.counts
    return {
        "id": receipt.id,
        "status": receipt.result.outcome,
        "source": receipt.source,
        "filename": receipt.filename,
        "received_at": receipt.received_at,
        "submitted_by": receipt.submitted_by,
        "received": counts.received,
        "created": counts.created,
        "revised": counts.revised,
        "unchanged": counts.unchanged,
        "rejected": counts.rejected,
        "findings": [
            finding_document(found, translator, language) for found in receipt.result.findings
        ],
        "acknowledgements": [acknowledgement_document(said) for said in receipt.acknowledgements],
    }


def acknowledgement_document(said: Acknowledgement) -> dict[str, Any]:
    """Return what was said to a warning; `finding` is its place among the findings, from 1."""
    return {
        "finding": said.ordinal,
        "code": said.code,
        "row": said.row,
        "note": said.note,
        "acknowledged_by": said.by,
        "acknowledged_at": said.at,
    }


def finding_document(found: Finding, translator: Translator, language: Language) -> dict[str, Any]:
    """Return a finding in plain values, its message in `language`."""
    return {
        "severity": found.severity,
        "code": found.code,
        "row": found.row,
        "column": found.column,
        "message": translator.message(found, language),
    }
