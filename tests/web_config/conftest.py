"""A certificate authority of the tests' own, and web-config files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bcrypt
import pytest
import trustme
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PASSWORD = "抓取者的口令"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
"""As cheap as bcrypt gets; what it costs otherwise is `passwords`'s concern."""


@dataclass(frozen=True)
class Authority:
    """A certificate authority, its certificate in a file, and what it issued beside it."""

    ca: trustme.CA
    folder: Path

    @property
    def file(self) -> Path:
        """What a client checks the server against."""
        return self.folder / "ca.pem"

    def issue(self, name: str, identity: str) -> None:
        """Write NAME.pem and NAME.key for an identity: a host, an address or a mailbox."""
        issued = self.ca.issue_cert(identity)
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        (self.folder / f"{name}.pem").write_bytes(chain)
        issued.private_key_pem.write_to_path(str(self.folder / f"{name}.key"))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority that has issued `server` for 127.0.0.1 and `client`."""
    made = Authority(trustme.CA(), tmp_path)
    made.ca.cert_pem.write_to_path(str(made.file))
    made.issue("server", "127.0.0.1")
    made.issue("client", "scraper@example.org")
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    """Write a web-config file, of its YAML or of what that says."""

    def write(content: object) -> Path:
        path = tmp_path / "web.yml"
        text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
        # Another file in its place: also two writes within one tick of the clock differ.
        new = path.with_suffix(".new")
        new.write_text(text, "utf-8")
        new.replace(path)
        return path

    return write
