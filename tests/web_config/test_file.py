from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Misconfigured
from app.web_config.file import WebConfigFile, read_web_config
from app.web_config.tls import tls_context
from tests.web_config.conftest import HASH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.web_config.conftest import Authority

    Write = Callable[[object], Path]

FILES: dict[str, Any] = {"cert_file": "server.pem", "key_file": "server.key"}

WRONG: dict[str, tuple[object, str]] = {
    "not YAML": ("a: [", " is not YAML that can be read: "),
    "not UTF-8": ("a: \udc80", ""),
    "a list": ([], ": Input should be a valid dictionary"),
    "a field that is none": ({"tls_config": {}}, ": tls_config: Extra inputs are not permitted"),
    "a user twice": (f"basic_auth_users: {{a: '{HASH}', a: '{HASH}'}}", "“a” stands twice"),
    "a password": (
        {"basic_auth_users": {"scraper": "s3cret"}},
        ": basic_auth_users.scraper: this is not a bcrypt hash, as htpasswd -nB makes it",
    ),
    "a name with a colon": (
        {"basic_auth_users": {"a:b": HASH}},
        ": basic_auth_users.a:b: a user's name is text without a colon",
    ),
    "a cost that never ends": (
        {"basic_auth_users": {"scraper": HASH.replace("$04$", "$32$")}},
        ": basic_auth_users.scraper: this is not a bcrypt hash",
    ),
    "no key": (
        {"tls_server_config": {"cert_file": "server.pem"}},
        ": tls_server_config.key_file: Field required",
    ),
    "a version that is none": (
        {"tls_server_config": {**FILES, "min_version": "TLS10"}},
        ": tls_server_config.min_version: Input should be 'TLS12' or 'TLS13'",
    ),
    "versions the wrong way round": (
        {"tls_server_config": {**FILES, "min_version": "TLS13", "max_version": "TLS12"}},
        ": tls_server_config: min_version is above max_version",
    ),
    "a policy that checks nothing": (
        {"tls_server_config": {**FILES, "client_auth_type": "RequireAnyClientCert"}},
        ": tls_server_config.client_auth_type: Input should be 'NoClientCert', ",
    ),
    "a policy without an authority": (
        {"tls_server_config": {**FILES, "client_auth_type": "RequireAndVerifyClientCert"}},
        ": tls_server_config: client_ca_file and a client_auth_type that verifies go together",
    ),
    "an authority without a policy": (
        {"tls_server_config": {**FILES, "client_ca_file": "ca.pem"}},
        ": tls_server_config: client_ca_file and a client_auth_type that verifies go together",
    ),
    "a suite that is deprecated": (
        {"tls_server_config": {**FILES, "cipher_suites": ["TLS_RSA_WITH_RC4_128_SHA"]}},
        ": tls_server_config.cipher_suites.0: Input should be ",
    ),
    "names that a client must bear": (
        {"tls_server_config": {**FILES, "client_allowed_sans": ["scraper"]}},
        ": tls_server_config.client_allowed_sans: this field of the format is not supported here",
    ),
    "a limit of the rate": (
        {"rate_limit": {"interval": "1s", "burst": 1}},
        ": rate_limit: this field of the format is not supported here",
    ),
    "a header that is none of the format's": (
        {"http_server_config": {"headers": {"Server": "x"}}},
        ": http_server_config.headers.Server: Extra inputs are not permitted",
    ),
    "a header on two lines": (
        {"http_server_config": {"headers": {"X-XSS-Protection": "0\r\nX-A: b"}}},
        ": http_server_config.headers: X-XSS-Protection must be one line of ASCII text",
    ),
    "a truth value as text": (
        {"http_server_config": {"http2": "no"}},
        ": http_server_config.http2: Input should be a valid boolean",
    ),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_one_line_that_names_the_file(
    write: Write, content: object, said: str
) -> None:
    if said:
        path = write(content)
    else:
        path = write("")
        path.write_bytes(str(content).encode("utf-8", "surrogateescape"))
    with pytest.raises(Misconfigured) as caught:
        read_web_config(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert said in message
    assert message.isprintable()
    assert "s3cret" not in message


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read: No such file or directory"):
        read_web_config(tmp_path / "web.yml")


def test_an_empty_file_asks_for_nothing(write: Write) -> None:
    config = read_web_config(write(""))

    assert config.tls_server_config is None
    assert config.basic_auth_users == {}
    assert config.http_server_config.headers.given() == {}


def test_paths_are_relative_to_the_file(write: Write, tmp_path: Path) -> None:
    tls = read_web_config(write({"tls_server_config": FILES})).tls_server_config

    assert tls is not None
    assert (tls.cert_file, tls.key_file) == (
        str(tmp_path / "server.pem"),
        str(tmp_path / "server.key"),
    )
    assert tls.client_ca_file is None


def test_a_changed_file_is_read_again_and_a_broken_one_changes_nothing(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = WebConfigFile(write({"basic_auth_users": {"old": HASH}}))
    assert set(file.current().basic_auth_users) == {"old"}

    path = write({"basic_auth_users": {"new": HASH}})
    assert set(file.current().basic_auth_users) == {"new"}

    write("basic_auth_users: [")
    assert set(file.current().basic_auth_users) == {"new"}
    path.unlink()
    assert set(file.current().basic_auth_users) == {"new"}

    assert [record.levelname for record in caplog.records] == ["INFO", "ERROR", "ERROR"]


# --- what of it becomes a context of TLS ------------------------------------------------------


def context(write: Write, **fields: object) -> ssl.SSLContext:
    tls = read_web_config(write({"tls_server_config": {**FILES, **fields}})).tls_server_config
    assert tls is not None
    return tls_context(tls)


@pytest.mark.usefixtures("authority")
def test_every_field_becomes_what_it_says(write: Write) -> None:
    plain = context(write)
    assert plain.minimum_version is ssl.TLSVersion.TLSv1_2
    assert plain.verify_mode is ssl.CERT_NONE
    assert plain.options & ssl.OP_CIPHER_SERVER_PREFERENCE

    strict = context(
        write,
        client_auth_type="RequireAndVerifyClientCert",
        client_ca_file="ca.pem",
        min_version="TLS12",
        max_version="TLS12",
        cipher_suites=[
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ],
        prefer_server_cipher_suites=False,
    )
    assert strict.maximum_version is ssl.TLSVersion.TLSv1_2
    assert strict.verify_mode is ssl.CERT_REQUIRED
    assert not strict.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    suites = {suite["name"] for suite in strict.get_ciphers() if suite["protocol"] == "TLSv1.2"}
    assert suites == {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"}


def test_files_that_cannot_be_used_are_one_line(write: Write, authority: Authority) -> None:
    folder = authority.folder
    for change, said in (
        ({"cert_file": "absent.pem"}, "No such file or directory"),
        ({"cert_file": "web.yml"}, "not PEM"),
        ({"key_file": "client.key"}, "mismatch"),
        ({"key_file": "locked.key"}, "the key needs a passphrase"),
        (
            {"client_auth_type": "VerifyClientCertIfGiven", "client_ca_file": "web.yml"},
            f"client_ca_file {folder / 'web.yml'} cannot be used",
        ),
    ):
        (folder / "locked.key").write_text(LOCKED)
        with pytest.raises(Misconfigured) as caught:
            context(write, **change)
        assert said in str(caught.value)
        assert str(caught.value).isprintable()


LOCKED = """\
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
-----END EC PRIVATE KEY-----
"""
"""A key that cannot be read without a passphrase (nor with one: it holds nothing)."""
