"""A web-config file on disk."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, Final

import yaml
from pydantic import ValidationError

from app.errors import Misconfigured
from app.web_config.document import WebConfig

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)

Stamp = tuple[int, int, int] | None
"""Tells a file from what stood there before: inode, time of change, size; None where it is gone."""


def stamp(path: Path) -> Stamp:
    """Return a file's stamp; replaced files, as a secret's mount replaces them, differ in it."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at every request: half the cost of Path.stat
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def read_web_config(path: Path) -> WebConfig:
    """Read a file, its paths made absolute. Raises Misconfigured with one line that names it."""
    try:
        # A SafeLoader.
        content = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506
        return _absolute(WebConfig.model_validate({} if content is None else content), path.parent)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise Misconfigured(f"{path}: {_first(error)}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(error).split())
        raise Misconfigured(f"{path} is not YAML that can be read: {problem}") from error


def _absolute(config: WebConfig, folder: Path) -> WebConfig:
    """Take the paths in it as they are meant: from the folder that the file lies in."""
    tls = config.tls_server_config
    if tls is None:
        return config
    names = ("cert_file", "key_file", "client_ca_file")
    given = {name: getattr(tls, name) for name in names}
    paths = {name: str(folder / value) for name, value in given.items() if value is not None}
    return config.model_copy(update={"tls_server_config": tls.model_copy(update=paths)})


def _first(error: ValidationError) -> str:
    """Return the first thing wrong, with its place; never the value, which may be a secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"] if step != "[key]")
    message = first["msg"].removeprefix("Value error, ")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in place)
    return f"{shown}: {message}" if shown else message


class _Loader(yaml.SafeLoader):
    """YAML in which no field, and so no user, stands twice."""


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            mark = node.value[place][0].start_mark
            raise yaml.YAMLError(f"“{key}” stands twice, again in line {mark.line + 1}")
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


class WebConfigFile:
    """A file that is read again when it has changed, as the exporter toolkit does.

    A change that cannot be read leaves what stood there before in force, and a line in the log:
    neither is the door opened by a slip of the pen, nor the service taken away.
    """

    def __init__(self, path: Path) -> None:
        """Read it for the first time. Raises Misconfigured."""
        self._path = path
        self._stamp = stamp(path)
        self._config = read_web_config(path)

    def current(self) -> WebConfig:
        """Return what it says now; costs one question to the file system where nothing changed."""
        if (seen := stamp(self._path)) != self._stamp:
            self._stamp = seen
            try:
                self._config = read_web_config(self._path)
            except Misconfigured as error:
                _LOG.error("%s; what it said before stays in force", error)
            else:
                _LOG.info("%s was read again", self._path)
        return self._config
