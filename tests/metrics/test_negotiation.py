from __future__ import annotations

import pytest
from prometheus_client.exposition import choose_encoder

from metrics.negotiation import OPENMETRICS, TEXT, TEXT_1, Format, choose_format, wants_gzip

OM, TXT = Format.OPENMETRICS, Format.TEXT
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3_TEXT = (
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.3"
)
PROMETHEUS_3_PROTO = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;"
    "q=0.6," + PROMETHEUS_3
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "form", "content_type"),
    [
        # nothing, anything, and what we do not have
        ("", TXT, TEXT),
        ("*/*", TXT, TEXT),
        ("text/*", TXT, TEXT),
        ("text/plain", TXT, TEXT),
        ("text/plain;version=0.0.4", TXT, TEXT),
        ("text/plain;version=0.0.3", TXT, TEXT),
        ("application/json", TXT, TEXT),
        (BROWSER, TXT, TEXT),
        # OpenMetrics, in its own spellings
        ("application/openmetrics-text", OM, OPENMETRICS),
        ("Application/OpenMetrics-Text", OM, OPENMETRICS),
        ("application/openmetrics-text; version=1.0.0", OM, f"{OPENMETRICS}; escaping=underscores"),
        (
            'application/openmetrics-text; version="1.0.0"',
            OM,
            f"{OPENMETRICS}; escaping=underscores",
        ),
        ("application/openmetrics-text;version=0.0.1", TXT, TEXT),
        ("application/openmetrics-text;version=2.0.0", TXT, TEXT),
        ("application/openmetrics-text;version=x", TXT, TEXT),
        ("application/openmetrics-text;q=0", TXT, TEXT),
        # what Prometheus sends
        (PROMETHEUS_2, OM, f"{OPENMETRICS}; escaping=underscores"),
        (PROMETHEUS_3, OM, f"{OPENMETRICS}; escaping=allow-utf-8"),
        (PROMETHEUS_3_PROTO, OM, f"{OPENMETRICS}; escaping=allow-utf-8"),
        (PROMETHEUS_3_TEXT, TXT, f"{TEXT_1}; escaping=allow-utf-8"),
        # escaping schemes: those that change no name of ours are echoed
        (
            "application/openmetrics-text;version=1.0.0;escaping=values",
            OM,
            f"{OPENMETRICS}; escaping=values",
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            OM,
            f"{OPENMETRICS}; escaping=underscores",
        ),
        (
            "text/plain;version=1.0.0;escaping=evil\r\nx: y",
            TXT,
            f"{TEXT_1}; escaping=underscores",
        ),
        # qualities
        ("text/plain;q=0.9, application/openmetrics-text;q=0.8", TXT, TEXT),
        ("text/plain;q=0.1, application/openmetrics-text;q=0.2", OM, OPENMETRICS),
        ("text/plain, application/openmetrics-text", TXT, TEXT),
        ("application/openmetrics-text, text/plain", OM, OPENMETRICS),
        ("*/*, application/openmetrics-text;q=0.5", TXT, TEXT),
        # nonsense is passed over
        ("application/openmetrics-text;q=2", TXT, TEXT),
        ("application/openmetrics-text;q=abc", TXT, TEXT),
        (",;,=;;q", TXT, TEXT),
        ("\xff\xfe", TXT, TEXT),
    ],
)
def test_the_format_is_what_the_request_prefers(
    accept: str, form: Format, content_type: str
) -> None:
    assert choose_format(accept) == (form, content_type)


@pytest.mark.parametrize(
    "accept", ["", PROMETHEUS_2, PROMETHEUS_3, PROMETHEUS_3_PROTO, PROMETHEUS_3_TEXT, BROWSER]
)
def test_real_headers_are_answered_as_the_client_library_answers_them(accept: str) -> None:
    assert choose_format(accept)[1] == choose_encoder(accept)[1]


@pytest.mark.parametrize(
    ("accept_encoding", "gzip"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br", True),
        ("deflate, br", False),
        ("identity", False),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("*;q=0.0, gzip;q=0.001", True),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("gzip;q=1.0, identity;q=0.5", True),
        ("identity;q=0", False),
        ("gzip;q=nonsense", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_sent_where_it_is_welcome(accept_encoding: str, *, gzip: bool) -> None:
    assert wants_gzip(accept_encoding) is gzip
