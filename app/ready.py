"""Asks the service on this machine whether it is ready (run as a module; the image's health check).

Exit status 0: ready. 1: not, or no answer. Speaks TLS where the web-config file has it, without
looking at the certificate: it is the service's own, and made for the name that others know.
"""

from __future__ import annotations

import http.client
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.errors import Misconfigured
from app.settings import load_settings

if TYPE_CHECKING:
    from app.settings import Settings
    from app.web_config.document import TlsServerConfig

SECONDS: Final = 2.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - not bound


def main() -> int:
    """Return the exit status."""
    try:
        return 0 if is_ready(load_settings()) else 1
    except (Misconfigured, OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def is_ready(settings: Settings) -> bool:
    """Ask once. Raises Misconfigured, OSError or HTTPException where nothing answers."""
    tls = _tls(settings)
    # Clients need a certificate, which this one has not: that TLS is spoken has to do.
    guarded = tls is not None and tls.client_auth_type == "RequireAndVerifyClientCert"
    connection = _connection(settings, tls)
    try:
        connection.connect()
        if guarded:
            return True
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ssl.SSLError:
        return guarded  # TLS 1.2 asks for the certificate before the connection stands
    finally:
        connection.close()


def _tls(settings: Settings) -> TlsServerConfig | None:
    if settings.web_config_file is None:
        return None
    from app.web_config.file import read_web_config

    return read_web_config(Path(settings.web_config_file)).tls_server_config


def _connection(settings: Settings, tls: TlsServerConfig | None) -> http.client.HTTPConnection:
    host = _EVERYWHERE.get(settings.host, settings.host)
    if tls is None:
        return http.client.HTTPConnection(host, settings.port, timeout=SECONDS)
    # No certificate is looked at, as said above.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001
    return http.client.HTTPSConnection(host, settings.port, timeout=SECONDS, context=context)


if __name__ == "__main__":
    sys.exit(main())
