"""A workbook's package: a ZIP file of XML parts, unpacked up to a limit and never trusted."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING, Protocol
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    Attributes = Mapping[str, str]
    OnStart = Callable[[str, Attributes], None]

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""The namespaces of workbooks: the usual one, and that of the strict form."""
_RELATIONSHIP = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"
_MOST_PARTS = 10_000
_CHUNK = 64 * 1024
_ENCRYPTED = 0x1
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"


class FaultError(Exception):
    """What is wrong with the file as a whole: a finding's code, and the values of its message."""

    def __init__(self, code: str, **values: str) -> None:
        """Keep the code and the values."""
        super().__init__(code)
        self.code = code
        self.values = values


class EnoughError(Exception):
    """Raised by a listener that needs nothing more of a part."""


class Listener(Protocol):
    """Hears a part's elements."""

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set the parser's handlers."""


def named(tag: str) -> tuple[str, ...]:
    """Return an element's names as the parser gives them, in either namespace."""
    return tuple(f"{namespace} {tag}" for namespace in MAIN)


def is_true(text: str | None) -> bool:
    """Read a boolean attribute; absent is false."""
    return text in {"1", "true", "on"}


class Package:
    """The parts of a workbook, by name, as far as the limits go."""

    def __init__(self, file: IO[bytes], unpacked: int) -> None:
        """Open the package. unpacked: bytes that all its parts together may unpack to.

        Raises FaultError if it is not a package of parts that can be read.
        """
        self._limit = unpacked
        self._left = unpacked
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
            raise FaultError("damaged_workbook") from error
        entries = self._zip.infolist()
        if len(entries) > _MOST_PARTS:
            raise FaultError("too_many_parts", limit=str(_MOST_PARTS))
        self._entries = {entry.filename.lstrip("/").casefold(): entry for entry in entries}

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a part of that name; case does not matter."""
        return name.casefold() in self._entries

    def is_open_document(self) -> bool:
        """Tell whether this is a spreadsheet in the OpenDocument form."""
        entry = self._entries.get("mimetype")
        if entry is None:
            return False
        with self._zip.open(entry) as stream:
            return stream.read(len(_OPEN_DOCUMENT)) == _OPEN_DOCUMENT

    def parse(self, name: str, listener: Listener) -> None:
        """Let a listener hear a part, until its end or until it has had enough.

        Raises FaultError if the part is missing, cannot be unpacked, is not XML, unpacks beyond
        the limit, or declares a document type, which is how entities come in.
        """
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse_document_type
        listener.attach(parser)
        try:
            with self._zip.open(self._entry(name)) as stream:
                while chunk := stream.read(_CHUNK):
                    self._count(len(chunk))
                    parser.Parse(chunk)
                parser.Parse(b"", True)  # noqa: FBT003 - the parser's own signature
        except EnoughError:
            return
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise FaultError("damaged_workbook") from error
        except (expat.ExpatError, NotImplementedError) as error:
            raise FaultError("damaged_workbook") from error

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a part ("" for the package) relates to: by id the kind and the part's name.

        Raises FaultError as `parse` does.
        """
        folder, base = posixpath.split(name)
        where = posixpath.join(folder, "_rels", f"{base}.rels")
        found: dict[str, tuple[str, str]] = {}
        if where not in self:
            return found

        def start(tag: str, attributes: Attributes) -> None:
            if tag == _RELATIONSHIP and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = posixpath.join("/", folder, attributes.get("Target", ""))
                part = posixpath.normpath(target).lstrip("/")
                found[attributes.get("Id", "")] = (kind, part)

        self.parse(where, Starts(start))
        return found

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = self._entries.get(name.casefold())
        if entry is None:
            raise FaultError("damaged_workbook")
        if entry.flag_bits & _ENCRYPTED:
            raise FaultError("encrypted_workbook")
        # Others are not allowed in a package, and unpack without a bound.
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise FaultError("damaged_workbook")
        return entry

    def _count(self, size: int) -> None:
        """Count what really comes out: what the file says of itself may be a lie."""
        self._left -= size
        if self._left < 0:
            raise FaultError("workbook_too_large", limit=str(self._limit // 2**20))


class Starts:
    """A listener to the starts of elements alone."""

    def __init__(self, start: OnStart) -> None:
        """Keep what hears them."""
        self._start = start

    def attach(self, parser: expat.XMLParserType) -> None:
        """Set the parser's handler."""
        parser.StartElementHandler = self._start


def _refuse_document_type(*_: object) -> None:
    raise FaultError("document_type")
