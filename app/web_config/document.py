"""The fields of a web-config file.

What the format knows and this service cannot honour (inline certificates, subject alternative
names, curves, rate limits) is refused by name: a guard that is asked for and not there would be
worse than no start.
"""

from __future__ import annotations

import re
import ssl
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}

CLIENT_AUTH: Final = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
"""The format's policies that Python's `ssl` knows; the others take certificates unverified."""

CIPHERS: Final = {
    f"TLS_ECDHE_{key}_WITH_{theirs}_SHA{bits}": f"ECDHE-{key}-{ours}"
    for key in ("ECDSA", "RSA")
    for theirs, bits, ours in (
        ("AES_128_GCM", 256, "AES128-GCM-SHA256"),
        ("AES_256_GCM", 384, "AES256-GCM-SHA384"),
        ("CHACHA20_POLY1305", 256, "CHACHA20-POLY1305"),
    )
}
"""The suites of TLS 1.2 that are not deprecated, by the format's name and by OpenSSL's."""

_BCRYPT: Final = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")


def _refused(_: object) -> None:
    raise ValueError("this field of the format is not supported here")


def _bcrypt(value: str) -> str:
    if not _BCRYPT.fullmatch(value):
        # Not repeated: it may be the password itself.
        raise ValueError("this is not a bcrypt hash, as htpasswd -nB makes it")
    return value


def _user(value: str) -> str:
    if not value or ":" in value or not value.isprintable():
        raise ValueError("a user's name is text without a colon")
    return value


Unsupported = Annotated[None, BeforeValidator(_refused)]
_STRICT: Final = ConfigDict(extra="forbid", frozen=True, strict=True)


class TlsServerConfig(BaseModel):
    """`tls_server_config`; paths are relative to the file."""

    model_config = _STRICT

    cert_file: str = Field(min_length=1)
    key_file: str = Field(min_length=1)
    client_auth_type: Literal[
        "NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"
    ] = "NoClientCert"
    client_ca_file: str | None = Field(default=None, min_length=1)
    min_version: Literal["TLS12", "TLS13"] = "TLS12"
    max_version: Literal["TLS12", "TLS13"] = "TLS13"
    cipher_suites: list[Literal[tuple(CIPHERS)]] = []  # type: ignore[valid-type]
    prefer_server_cipher_suites: bool = True
    cert: Unsupported = None
    key: Unsupported = None
    client_ca: Unsupported = None
    client_allowed_sans: Unsupported = None
    curve_preferences: Unsupported = None

    @model_validator(mode="after")
    def _fits_together(self) -> TlsServerConfig:
        if (self.client_auth_type == "NoClientCert") != (self.client_ca_file is None):
            raise ValueError("client_ca_file and a client_auth_type that verifies go together")
        if self.min_version > self.max_version:
            raise ValueError("min_version is above max_version")
        return self


class Headers(BaseModel):
    """`http_server_config.headers`: the response headers that may be set; unset if blank."""

    model_config = _STRICT

    csp: str = Field(default="", alias="Content-Security-Policy")
    frame: Literal["", "deny", "sameorigin"] = Field(default="", alias="X-Frame-Options")
    sniffing: Literal["", "nosniff"] = Field(default="", alias="X-Content-Type-Options")
    xss: str = Field(default="", alias="X-XSS-Protection")
    hsts: str = Field(default="", alias="Strict-Transport-Security")

    @model_validator(mode="after")
    def _on_one_line(self) -> Headers:
        for name, value in self.given().items():
            if not (value.isascii() and value.isprintable()):
                raise ValueError(f"{name} must be one line of ASCII text")
        return self

    def given(self) -> dict[str, str]:
        """Return the headers that are to be set."""
        whole: dict[str, Any] = self.model_dump(by_alias=True)
        return {name: value for name, value in whole.items() if value}


class HttpServerConfig(BaseModel):
    """`http_server_config`; HTTP/1.1 is spoken either way, as clients agree to it."""

    model_config = _STRICT

    http2: bool = True
    headers: Headers = Headers()


class WebConfig(BaseModel):
    """The whole file; an empty one asks for nothing."""

    model_config = _STRICT

    tls_server_config: TlsServerConfig | None = None
    http_server_config: HttpServerConfig = HttpServerConfig()
    basic_auth_users: dict[
        Annotated[str, AfterValidator(_user)], Annotated[str, AfterValidator(_bcrypt)]
    ] = {}
    rate_limit: Unsupported = None
