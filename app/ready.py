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
from app.web_config.file import read_web_config

if TYPE_CHECKING:
    from app.settings import Settings

SECONDS: Final = 2.0
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - not bound
_NO_CERTIFICATE: Final = ("certificate required", "certificate_required")


def main() -> int:
    """Return the exit status."""
    try:
        return 0 if is_ready(load_settings()) else 1
    except (Misconfigured, OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def is_ready(settings: Settings) -> bool:
    """Ask once. Raises Misconfigured, OSError or HTTPException where nothing answers."""
    connection = _connection(settings)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except ssl.SSLError as error:
        # Clients need a certificate, which this one has not: that it is asked for is an answer.
        return any(words in str(error).lower() for words in _NO_CERTIFICATE)
    finally:
        connection.close()


def _connection(settings: Settings) -> http.client.HTTPConnection:
    host = _EVERYWHERE.get(settings.host, settings.host)
    path = settings.web_config_file
    if path is None or read_web_config(Path(path)).tls_server_config is None:
        return http.client.HTTPConnection(host, settings.port, timeout=SECONDS)
    # No certificate is looked at, as said above.
    context = ssl._create_unverified_context()  # noqa: S323, SLF001
    return http.client.HTTPSConnection(host, settings.port, timeout=SECONDS, context=context)


if __name__ == "__main__":
    sys.exit(main())
