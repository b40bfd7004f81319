"""`dabiao submit` to a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import DabiaoError

if TYPE_CHECKING:
    from app.intake.submission import Post
    from app.translation import Language

TIMEOUT_SECONDS = 60


class ServerRefusedError(DabiaoError):
    """The server gave no receipt: it could not be reached, or did not take the key."""


def post_to_server(
    server: str, key: str | None, post: Post, language: Language, *, dry_run: bool
) -> dict[str, Any]:
    """Post a delivery to a server and return the receipt, also of a refusal.

    Raises ServerRefusedError where there is no receipt.
    """
    import httpx  # noqa: PLC0415 - heavy, and not needed for the database

    headers = {"Content-Type": post.media_type, "Accept-Language": language}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    if post.idempotency_key is not None:
        headers["Idempotency-Key"] = post.idempotency_key
    query = {"on_error": str(post.on_error), "dry_run": str(dry_run).lower()}
    address = f"{server.rstrip('/')}/api/v1/submissions"
    try:
        answer = httpx.post(
            address, params=query, headers=headers, content=post.body, timeout=TIMEOUT_SECONDS
        )
    except UnicodeEncodeError as error:
        msg = "a key is made of ASCII characters only"
        raise ServerRefusedError(msg) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        msg = f"{server} cannot be reached: {error}"
        raise ServerRefusedError(msg) from error
    try:
        document: Any = answer.json()
    except ValueError:
        document = None
    return _receipt(document, f"{server} answered {answer.status_code}")


def _receipt(document: object, answered: str) -> dict[str, Any]:
    """Return the receipt in an answer: the answer itself, or a part of a problem's document."""
    if not isinstance(document, dict):
        msg = f"{answered}, and not as a Dabiao server does"
        raise ServerRefusedError(msg)
    if "findings" in document and "received" in document:
        return {**document, "status": document.get("outcome", document.get("status"))}
    findings = document.get("findings") or ()
    reasons = [document.get("detail"), *(found.get("message") for found in findings)]
    msg = f"{answered}: {' '.join(str(reason) for reason in reasons if reason) or document}"
    raise ServerRefusedError(msg)
