"""Whatever is sent, the answer is a problem with findings, and never an error of ours."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.ledger.small_office import row

if TYPE_CHECKING:
    from httpx2 import Response

    from tests.api.contract import Client

SUBMISSIONS = "/api/v1/submissions"
JSON = "application/json"
FIGURE = '{"actuals":[{"kpi":"pendency","department":"exam","period":"2013-03",%s}]}'

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n\t",
    "a byte order mark": b"\xef\xbb\xbf",
    "half": b'{"actuals": [',
    "text": b"actuals",
    "null": b"null",
    "a list": b"[]",
    "a number": b"1",
    "no rows": b'{"actuals": []}',
    "rows that are none": b'{"actuals": [1, null, "x", []]}',
    "an object for rows": b'{"actuals": {}}',
    "other fields": b'{"actuals": [], "more": 1}',
    "a list as code": FIGURE.encode() % b'"value": [1]',
    "true": FIGURE.encode() % b'"value": true',
    "unknown field": FIGURE.encode() % b'"value": 1, "color": "red"',
    "twice the same": FIGURE.encode() % b'"value": 1, "value": 2',
    "NaN": FIGURE.encode() % b'"value": NaN',
    "infinity": FIGURE.encode() % b'"value": Infinity',
    "NaN as text": FIGURE.encode() % b'"value": "NaN"',
    "1e999": FIGURE.encode() % b'"value": 1e999',
    "1E+1000000": FIGURE.encode() % b'"value": 1E+1000000',
    "1E-1000000": FIGURE.encode() % b'"value": 1E-1000000',
    "an exponent of millions of digits": FIGURE.encode() % (b'"value": 1e' + b"9" * 1_000_000),
    "a million digits": FIGURE.encode() % (b'"value": ' + b"9" * 1_000_000),
    "too many digits": FIGURE.encode() % b'"value": 1234567890123',
    "too fine": FIGURE.encode() % b'"value": 0.1234567',
    "underscores": FIGURE.encode() % b'"value": "1_000"',
    "another script": FIGURE.encode() % '"value": "٣"'.encode(),
    "hexadecimal": FIGURE.encode() % b'"value": "0x10"',
    "a leading zero": FIGURE.encode() % b'"value": 01',
    "a lone surrogate": FIGURE.encode() % b'"value": 1, "note": "\\ud800"',
    "NUL": FIGURE.encode() % b'"value": 1, "note": "\\u0000"',
    "NUL as it is": FIGURE.encode() % b'"value": 1, "note": "\x00"',
    "NUL in a code": b'{"actuals": [{"kpi": "\\u0000", "department": "exam", "period": "2013"}]}',
    "a surrogate in a field": FIGURE.encode() % b'"value": 1, "\\udfff": 1',
    "latin-1": FIGURE.encode() % '"value": 1, "note": "é"'.encode("latin-1"),
    "utf-16": (FIGURE % '"value": 1').encode("utf-16"),
    "gb18030": FIGURE.encode() % '"value": 1, "note": "备注"'.encode("gb18030"),
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep inside": b'{"actuals": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "too long a note": FIGURE.encode() % (b'"value": 1, "note": "' + b"x" * 10_000 + b'"'),
    "a zero denominator": FIGURE.encode() % b'"numerator": 1, "denominator": 0',
    "a period of no kind": b'{"actuals":[{"kpi":"pendency","department":"exam","period":2013}]}',
}

FILES: dict[str, bytes] = {
    "nothing": b"",
    "only a header": b"kpi,department,period,value\n",
    "no header": b"1,2,3\n",
    "a quote left open": b'kpi,department,period,value\npendency,exam,2013-03,"1\n',
    "latin-1": "kpi,department,period,value,note\npendency,exam,2013-03,1,é\n".encode("latin-1"),
    "utf-16": "kpi,department,period,value\npendency,exam,2013-03,1\n".encode("utf-16"),
    "NUL": b"kpi,department,period,value,note\npendency,exam,2013-03,1,\x00\n",
    "zip": b"PK\x03\x04" + bytes(range(256)),
    "a line of a million cells": b"," * 1_000_000,
    "a cell of a million letters": b"kpi,department,period,value\n" + b"x" * 1_000_000,
    "a formula": b"kpi,department,period,value\npendency,exam,2013-03,=1+1\n",
    "a decimal comma": b"kpi;department;period;value\npendency;exam;2013-03;22,5\n",
}


def refused(api: Client, body: bytes, kind: str) -> Response:
    headers = {**api.bearing("admin"), "Content-Type": kind}
    answer = api.post(SUBMISSIONS, content=body, headers=headers)
    assert answer.status_code == 422, answer.text[:500]
    assert answer.json()["findings"]
    kept = api.get(f"{SUBMISSIONS}/{answer.json()['id']}")
    assert kept.json()["findings"] == answer.json()["findings"]
    return answer


def test_a_delivery_of_nonsense_is_refused_and_kept(api: Client) -> None:
    for body in BODIES.values():
        refused(api, body, JSON)
    for body in FILES.values():
        refused(api, body, "text/csv")

    assert api.get("/api/v1/actuals").json()["items"] == []
    kept = api.get(SUBMISSIONS, params={"limit": 1000}).json()["items"]
    assert {item["status"] for item in kept} == {"refused"}
    assert len(kept) == len(BODIES) + len(FILES)


def test_a_charset_that_is_not_read_is_refused(api: Client) -> None:
    for charset in ("latin-1", "utf-16", "none", "x" * 1000, '"', ""):
        headers = {**api.bearing("admin"), "Content-Type": f"text/csv; charset={charset}"}
        answer = api.post(SUBMISSIONS, content=b"\xff\xff", headers=headers)
        assert answer.status_code == 422, charset


def test_a_resource_of_nonsense_is_refused(api: Client) -> None:
    headers = {**api.bearing("admin"), "Content-Type": JSON}
    addresses = ("plans/x", "departments/x", "kpis/x", "targets/plan-2013/cases/exam")
    for address in addresses:
        for name, body in BODIES.items():
            answer = api.put(f"/api/v1/{address}", content=body, headers=headers)
            assert answer.status_code == 422, (address, name)
            assert answer.json()["findings"], (address, name)
    for code in ("X", "1x", "x" * 65, "%00", "x%2Fy", "é", "x y", "%ED%A0%80"):
        document = {"name_zh": "x", "name_en": "x", "start": "2013", "end": "2013"}
        answer = api.put(f"/api/v1/plans/{code}", json=document, headers=headers)
        assert answer.status_code in (404, 422), code


def test_a_text_of_any_bytes_is_never_an_error_of_ours(api: Client) -> None:
    chance = random.Random(2013)  # noqa: S311 - the same noise each time
    good = FIGURE.encode() % b'"value": 1, "note": "x"'
    headers = {**api.bearing("admin"), "Content-Type": JSON}
    for number in range(300):
        body = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        params = {"dry_run": "true"}
        answer = api.post(SUBMISSIONS, content=bytes(body), headers=headers, params=params)
        assert answer.status_code in (200, 422), (number, bytes(body))


def test_codes_in_filters_may_be_anything(api: Client) -> None:
    api.post_actuals(row("1"))
    for text in ("", "\0", "\ud7ff", "x" * 5000, "%", "_", "'; --", "é", "审查周期"):
        for address in ("targets", "actuals", "scoreboard"):
            for name in ("kpi", "department", "plan"):
                answer = api.get(f"/api/v1/{address}", params={name: text})
                assert answer.json()["items"] == []
    for raw in ("%FF", "%ED%A0%80", "%00", "%"):
        assert api.get(f"/api/v1/actuals?kpi={raw}").json()["items"] == []
