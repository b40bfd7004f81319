"""Deliveries: what is taken, what is refused, what is said of it, and what is kept."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.contract import findings
from tests.ledger.small_office import row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.contract import Client
    from tests.clock import Clock

ADDRESS = "/api/v1/submissions"
CSV = "kpi,department,period,value,note\npendency,exam,2013-03,22.54,ok\n"
CHINESE = "指标,部门,期间,数值,备注\n审查周期,审查部,2013年3月,22.54,好\n"


def post(api: Client, body: str | bytes, kind: str = "text/csv", **more: Any) -> Any:  # noqa: ANN401 - httpx's
    headers = {**api.bearing(more.pop("key", "admin")), "Content-Type": kind}
    headers |= more.pop("headers", {})
    content = body.encode() if isinstance(body, str) else body
    return api.post(ADDRESS, content=content, headers=headers, params=more)


def test_what_is_taken_gets_a_receipt_that_is_kept(api: Client) -> None:
    answer = api.post_actuals(row("22.54"), row("22", "2013-04"), key="reporter")

    assert answer.status_code == 201
    receipt = answer.json()
    counts = {"received": 2, "created": 2, "revised": 0, "unchanged": 0, "rejected": 0}
    assert receipt == {
        "id": receipt["id"],
        "status": "accepted",
        "source": "api",
        "filename": None,
        "received_at": "2014-01-05T12:00:00+08:00",
        "submitted_by": "reporter",
        **counts,
        "findings": [],
        "acknowledgements": [],
    }
    assert answer.headers["location"] == f"{ADDRESS}/{receipt['id']}"
    assert api.get(answer.headers["location"]).json() == receipt


def test_corrections_need_a_reason_and_repetitions_change_nothing(api: Client) -> None:
    api.post_actuals(row("22.54"))

    same = api.post_actuals(row("22.540"))
    assert (same.status_code, same.json()["unchanged"]) == (201, 1)

    unreasoned = api.post_actuals(row("22"))
    assert unreasoned.status_code == 422
    assert findings(unreasoned) == [("reason_missing", "reason")]

    reasoned = api.post_actuals(row("22", reason="recount"))
    assert (reasoned.status_code, reasoned.json()["revised"]) == (201, 1)


def test_a_refusal_is_a_problem_with_the_receipt_in_it_and_is_kept(api: Client) -> None:
    answer = api.post_actuals(row("22.5"), row("x", "2014-13", kpi="nope"))

    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["type"], problem["status"]) == ("/problems/refused", 422)
    assert (problem["received"], problem["created"], problem["rejected"]) == (2, 0, 2)
    assert {(found["row"], found["column"]) for found in problem["findings"]} == {
        (2, "kpi"), (2, "period"), (2, "value"),
    }  # fmt: skip
    kept = api.get(f"{ADDRESS}/{problem['id']}").json()
    assert kept["status"] == problem["outcome"] == "refused"
    assert kept["findings"] == problem["findings"]
    assert api.get("/api/v1/actuals").json()["items"] == []


def test_good_rows_stand_where_bad_ones_are_skipped(api: Client) -> None:
    rows = (row("22.5"), row("x", "2013-04"))

    answer = api.post_actuals(*rows, on_error="skip")

    assert answer.status_code == 201
    receipt = answer.json()
    assert (receipt["status"], receipt["created"], receipt["rejected"]) == ("partial", 1, 1)
    assert [found["row"] for found in receipt["findings"]] == [2]
    assert len(api.get("/api/v1/actuals").json()["items"]) == 1
    assert api.post_actuals(row("x"), on_error="skip").status_code == 422


@pytest.mark.parametrize(
    ("language", "message"),
    [("zh", "此处应为reject / skip。"), ("en", "Expected reject / skip here.")],
)
def test_a_choice_that_there_is_not_is_told_which_there_are(
    api: Client, language: str, message: str
) -> None:
    api.headers["Accept-Language"] = language

    answer = api.post_actuals(row("22.5"), on_error="abort")

    assert findings(answer) == [("wrong_type", "on_error")]
    assert answer.json()["findings"][0]["message"] == message


def test_a_department_out_of_reach_is_a_finding_and_forbidden_if_nothing_else_is_wrong(
    api: Client,
) -> None:
    inside, outside = row("22.5"), {**row("1"), "kpi": "platforms", "department": "law"}

    only_outside = api.post_actuals(outside, key="exam")
    assert only_outside.status_code == 403
    assert findings(only_outside) == [("not_permitted", "department")]
    assert api.get(f"{ADDRESS}/{only_outside.json()['id']}").json()["status"] == "refused"

    assert api.post_actuals(inside, outside, key="exam").status_code == 403
    assert api.post_actuals(row("x"), outside, key="exam").status_code == 422
    part = api.post_actuals(inside, outside, key="exam", on_error="skip")
    assert (part.status_code, part.json()["created"]) == (201, 1)
    below = api.post_actuals({**row("20"), "department": "exam-east"}, key="exam")
    assert below.status_code == 201


def test_a_rehearsal_says_the_same_and_keeps_nothing(api: Client) -> None:
    good = api.post_actuals(row("22.5"), dry_run="true")
    assert good.status_code == 200
    assert (good.json()["id"], good.json()["created"]) == (None, 1)
    assert good.json()["received_at"] is None

    bad = api.post_actuals(row("x"), dry_run="true")
    assert bad.status_code == 422
    assert (bad.json()["id"], findings(bad)) == (None, [("not_a_number", "value")])

    assert api.get(ADDRESS).json()["items"] == []
    assert api.get("/api/v1/actuals").json()["items"] == []


def test_receipts_are_listed_newest_first_page_by_page(api: Client) -> None:
    for number in range(5):
        api.post_actuals(row(str(number), f"2013-0{number + 1}"))

    first = api.get(ADDRESS, params={"limit": 2}).json()
    api.post_actuals(row("9", "2013-09"))
    second = api.get(ADDRESS, params={"limit": 2, "cursor": first["next"]}).json()
    third = api.get(ADDRESS, params={"limit": 2, "cursor": second["next"]}).json()

    listed = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert len(listed) == 5
    assert listed == sorted(listed, reverse=True)
    assert third["next"] is None
    assert "findings" not in first["items"][0]


def test_there_is_no_receipt_of_what_was_never_sent(api: Client) -> None:
    for number in (1, 999, 2**63 - 1):
        assert api.get(f"{ADDRESS}/{number}").status_code == 404
    for text in ("0", "-1", "x", str(2**63), "1.0", "٣"):
        assert findings(api.get(f"{ADDRESS}/{text}")) == [("wrong_type", "number")]


# --- formats ----------------------------------------------------------------------------------


def test_files_are_read_in_either_language_and_encoding(api: Client) -> None:
    first = post(api, CSV)
    assert (first.json()["source"], first.json()["created"]) == ("csv", 1)
    for body, kind in (
        (CHINESE.encode(), "text/csv"),
        (b"\xef\xbb\xbf" + CHINESE.encode(), "text/csv; charset=utf-8"),
        (CHINESE.encode("gb18030"), "TEXT/CSV"),
        (CHINESE.encode("gb18030"), 'text/csv; header=present; charset="GB18030"'),
    ):
        changed = body.replace(b"22.54", b"22.55") if first is None else body
        answer = post(api, changed, kind)
        assert answer.status_code == 422, kind
        assert findings(answer) == [("reason_missing", "reason")], "the note differs"


def test_a_form_holds_one_file(api: Client) -> None:
    def send(*parts: tuple[str, Any], key: str = "admin") -> Any:  # noqa: ANN401 - httpx's
        return api.post(ADDRESS, files=parts, headers=api.bearing(key))

    for number, (name, kind) in enumerate(
        [
            ("三月.csv", "text/csv"),
            ("march.CSV", "application/vnd.ms-excel"),
            ("march.csv", "application/octet-stream"),
            ("none", "text/csv; charset=utf-8"),
        ]
    ):
        body = CSV.replace("2013-03", f"2013-0{number + 1}")
        answer = send(("file", (name, body, kind)))
        assert answer.status_code == 201, name
        assert (answer.json()["filename"], answer.json()["source"]) == (name, "csv")
    body = json.dumps({"actuals": [row("1", "2013-09")]})
    as_json = send(("file", ("x.json", body, "application/octet-stream")))
    assert (as_json.status_code, as_json.json()["source"]) == (201, "api")

    file = ("file", ("a.csv", CSV, "text/csv"))
    for parts, expected in (
        ((file, file), [("wrong_type", "file")]),
        ((file, ("other", ("b.csv", CSV))), [("unknown_field", "other"), ("wrong_type", "file")]),
        ((("other", ("b.csv", CSV)),), [("unknown_field", "other"), ("missing_field", "file")]),
        ((("file", (None, CSV)),), [("wrong_type", "file")]),
    ):
        answer = send(*parts)
        assert (answer.status_code, findings(answer)) == (422, expected)
    assert send(("file", ("a.pdf", b"%PDF", "application/pdf"))).status_code == 415


def test_a_form_that_cannot_be_taken_apart_is_refused(api: Client) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
    for body, kind in (
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\nnonsense\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (
            b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
            "multipart/form-data;boundary=b",
        ),
        (part * 50 + b"--b--\r\n", "multipart/form-data; boundary=b"),
        (part, "multipart/form-data; boundary=" + "b" * 5000),
        (part, "multipart/form-data; boundary=b; charset=none"),
    ):
        answer = post(api, body, kind)
        assert answer.status_code in (415, 422), (body, answer.text)
        assert answer.status_code == 415 or answer.json()["findings"]


def test_what_is_not_read_is_an_unsupported_media_type(api: Client) -> None:
    for kind in ("", "application/pdf", "text/plain", "application/x-www-form-urlencoded",
                 "application/json+x", "application/vnd.ms-excel"):  # fmt: skip
        assert post(api, CSV, kind).status_code == 415, kind
    for coding in ("gzip", "br", "gzip, identity"):
        headers = {"Content-Encoding": coding}
        assert post(api, CSV, headers=headers).status_code == 415
    assert post(api, CSV, headers={"Content-Encoding": "identity"}).status_code == 201


def test_a_body_beyond_the_limit_is_too_large_however_it_is_announced(
    start: Callable[..., Client], secrets: dict[str, str]
) -> None:
    api = start(max_upload_bytes=2000)
    api.keys = secrets
    body = CSV + "x" * 2000

    def chunks() -> Any:  # noqa: ANN401 - a generator
        for place in range(0, len(body), 500):
            yield body[place : place + 500].encode()

    headers = {**api.bearing("admin"), "Content-Type": "text/csv"}
    assert api.post(ADDRESS, content=body.encode(), headers=headers).status_code == 413
    assert api.post(ADDRESS, content=chunks(), headers=headers).status_code == 413
    lying = {**headers, "Content-Length": "10"}
    assert api.post(ADDRESS, content=body.encode(), headers=lying).status_code == 413
    form = api.post(ADDRESS, files=[("file", ("a.csv", body))], headers=api.bearing("admin"))
    assert form.status_code == 413
    plan = {"code": "x" * 3000}
    put = api.put("/api/v1/plans/x", json=plan, headers=api.bearing("admin"))
    assert put.status_code == 413
    assert api.post(ADDRESS, content=CSV.encode(), headers=headers).status_code == 201


# --- again, and at once -----------------------------------------------------------------------


def test_the_same_key_gives_the_first_answer_again(api: Client, clock: Clock) -> None:
    body = json.dumps({"actuals": [row("22.5")]})
    key = {"Idempotency-Key": "march"}
    first = post(api, body, "application/json", headers=key)
    assert first.status_code == 201
    api.post_actuals(row("22", reason="recount"))
    clock.forward(hours=1)

    again = post(api, body, "application/json", headers=key)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert api.get("/api/v1/actuals").json()["items"][0]["value"] == 22, "it was not posted again"

    other = post(api, body.replace("22.5", "22.6"), "application/json", headers=key)
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-mismatch"
    someone_else = post(api, body, "application/json", headers=key, key="reporter")
    assert someone_else.status_code == 422, "another sender's keys are its own"
    assert findings(someone_else) == [("reason_missing", "reason")]


def test_a_refusal_is_repeated_too(api: Client, clock: Clock) -> None:
    body = json.dumps({"actuals": [{**row("1"), "kpi": "platforms", "department": "law"}]})
    key = {"Idempotency-Key": "x" * 200}
    first = post(api, body, "application/json", headers=key, key="exam")
    clock.forward(days=1)

    again = post(api, body, "application/json", headers=key, key="exam")

    assert (first.status_code, again.status_code) == (403, 403)
    assert first.json() == again.json()


def test_an_idempotency_key_has_one_to_two_hundred_characters(api: Client) -> None:
    for key in ("", "x" * 201):
        answer = post(api, CSV, headers={"Idempotency-Key": key})
        assert answer.status_code == 422
        assert [column for _, column in findings(answer)] == ["Idempotency-Key"]
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b"), ("Content-Type", "text/csv")]
    answer = api.post(ADDRESS, content=CSV, headers=[*api.bearing("admin").items(), *twice])
    assert findings(answer) == [("repeated_parameter", "Idempotency-Key")]
    assert api.get(ADDRESS).json()["items"] == []


def test_of_two_that_post_the_same_figure_at_once_one_creates_it(api: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.post_actuals(row("22.5")), range(8)))

    assert [answer.status_code for answer in answers] == [201] * 8
    done = sorted((a.json()["created"], a.json()["unchanged"]) for a in answers)
    assert done == [(0, 1)] * 7 + [(1, 0)]
    with ThreadPoolExecutor(8) as pool:
        same = {"Idempotency-Key": "at once"}
        again = list(pool.map(lambda _: post(api, CHINESE, headers=same), range(8)))
    assert len({answer.json()["id"] for answer in again}) == 1


def test_findings_speak_the_language_that_is_asked_for(api: Client) -> None:
    refused = api.post_actuals(row("x"))
    address = f"{ADDRESS}/{refused.json()['id']}"

    spoken = {
        asked: api.get(address, headers={"Accept-Language": asked})
        for asked in ("en", "zh-CN, en;q=0.5", "fr")
    }

    assert [answer.headers["content-language"] for answer in spoken.values()] == ["en", "zh", "zh"]
    messages = {a.json()["findings"][0]["message"] for a in spoken.values()}
    assert len(messages) == 2
    chinese = api.post(ADDRESS, headers={"Accept-Language": "zh"}).json()
    assert (chinese["title"], chinese["status"]) == ("未登录", 401)
