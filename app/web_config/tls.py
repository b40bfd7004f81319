"""`tls_server_config` as a context of Python's `ssl`."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.errors import Misconfigured
from app.web_config.document import CIPHERS, CLIENT_AUTH, VERSIONS
from app.web_config.file import read_web_config, stamp

if TYPE_CHECKING:
    from app.web_config.document import TlsServerConfig

PROTOCOLS: Final = ["http/1.1"]
"""What is spoken over TLS, as clients are told in the handshake."""


def tls_context(tls: TlsServerConfig) -> ssl.SSLContext:
    """Return a context for a server. Raises Misconfigured with one line that names the file."""
    context = _with_certificate(tls)
    if tls.client_ca_file is not None:
        try:
            context.load_verify_locations(tls.client_ca_file)
        except (ssl.SSLError, OSError) as error:
            raise Misconfigured(
                f"client_ca_file {tls.client_ca_file} cannot be used: {_why(error)}"
            ) from error
    context.verify_mode = CLIENT_AUTH[tls.client_auth_type]
    context.sni_callback = _Renewing(tls)
    return context


def server_context(path: str, *_: Any) -> ssl.SSLContext:  # noqa: ANN401 - what the server passes
    """Return the context that a file asks for: how each server process makes its own."""
    tls = read_web_config(Path(path)).tls_server_config
    if tls is None:
        raise Misconfigured(f"{path} no longer has a tls_server_config")
    return tls_context(tls)


def _with_certificate(tls: TlsServerConfig) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[tls.min_version]
    context.maximum_version = VERSIONS[tls.max_version]
    if tls.cipher_suites:
        context.set_ciphers(":".join(CIPHERS[name] for name in tls.cipher_suites))
    if not tls.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(PROTOCOLS)
    try:
        # A key that asks for its passphrase would ask the terminal, for ever.
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_passphrase)
    except (ssl.SSLError, OSError, ValueError) as error:
        files = f"cert_file {tls.cert_file} with key_file {tls.key_file}"
        raise Misconfigured(f"{files} cannot be used: {_why(error)}") from error
    return context


def _no_passphrase() -> str:
    raise ValueError("the key needs a passphrase")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        # Without a reason: what is there could not be taken for PEM at all.
        return (error.reason or "not PEM").replace("_", " ").lower().replace("pem", "PEM")
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class _Renewing:
    """Gives new connections the certificate that lies there now; asked at every handshake.

    Renewed certificates last for weeks or days; a service that needs a restart for each is one
    that somebody forgets to restart. Files that do not fit, as between the writing of the one and
    the other, leave the last certificate in use.
    """

    def __init__(self, tls: TlsServerConfig) -> None:
        self._tls = tls
        self._seen = self._stamps()
        self._context: ssl.SSLContext | None = None

    def __call__(
        self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext
    ) -> None:
        if (seen := self._stamps()) != self._seen:
            try:
                self._context = _with_certificate(self._tls)
            except Misconfigured:
                pass  # asked again at the next handshake
            else:
                self._seen = seen
        if self._context is not None:
            connection.context = self._context

    def _stamps(self) -> tuple[object, ...]:
        return tuple(stamp(Path(file)) for file in (self._tls.cert_file, self._tls.key_file))
