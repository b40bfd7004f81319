"""Who hears of alerts, in tests: an HTTP server that takes webhooks and stands in for WeCom."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

WECOM = "/wecom/"
ANSWER = {"errcode": 0, "errmsg": "ok", "code": 0, "error": "", "access_token": "token"}
"""What WeCom says both when it is asked for a token and when it has sent a message."""


@dataclass
class Heard:
    """What came in, per path, in order."""

    _messages: dict[str, list[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, path: str, message: object) -> None:
        """Keep a message."""
        with self._lock:
            self._messages.setdefault(path, []).append(message)

    def at(self, path: str) -> list[Any]:
        """Return what came to a path."""
        with self._lock:
            return list(self._messages.get(path, ()))


class Ears:
    """The server; gone when its `with` block is left."""

    def __init__(self) -> None:
        """Listen on a free loopback port."""
        self.heard = heard = Heard()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.add(self.path.partition("?")[0], json.loads(body))
                self._answer()

            def _answer(self) -> None:
                body = json.dumps(ANSWER).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def webhooks(self, name: str) -> list[dict[str, Any]]:
        """Return the webhook messages that a receiver has had."""
        return self.heard.at(f"/{name}")

    def wecom(self) -> list[dict[str, Any]]:
        """Return the messages that WeCom was to send."""
        return self.heard.at(f"{WECOM}message/send")
