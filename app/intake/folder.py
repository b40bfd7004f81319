"""A catalogue's folder: `plans.yaml`, `departments.yaml`, `kpis.yaml`, `targets.yaml`, `figures/`.

The catalogue is stored whole or not at all; then each file under `figures/`, in order of its
name, is taken in as a submission of its own, like any other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import yaml

from app.domain.finding import Finding
from app.errors import NotFound, Refused
from app.intake.catalogue import Placed, load
from app.intake.limits import bad_character
from app.intake.resource_reading import read_resource
from app.intake.resources import RESOURCES
from app.intake.strict_json import JsonNumber
from app.intake.submission import CSV, Post, is_refusal, read, receive
from app.ledger import submissions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from app.domain.access import Actor
    from app.intake.resources import AnyResource
    from app.ledger.office import Office
    from app.ledger.submissions import Receipt


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder brought: how many resources were new, and a receipt for each figures file."""

    resources: int
    receipts: tuple[Receipt, ...]


def load_folder(office: Office, folder: Path, actor: Actor) -> Loaded:
    """Load a catalogue's folder. Loading it again changes nothing.

    Raises NotFound for a folder that is none, Refused with every finding of its YAML files. A
    refused figures file is in the receipts.
    """
    if not folder.is_dir():
        msg = f"{folder} is not a folder"
        raise NotFound(msg)
    placed = _read_catalogue(folder)
    files = sorted((folder / "figures").glob("*.csv"))
    if not placed and not files:
        msg = f"{folder} holds no catalogue and no figures"
        raise NotFound(msg)
    new = load(office, placed, actor, folder.name)
    receipts = (_load_figures(office, file, f"{folder.name}/{file.name}", actor) for file in files)
    return Loaded(new, tuple(receipts))


def _load_figures(office: Office, file: Path, name: str, actor: Actor) -> Receipt:
    """Take in one file; the same file again gets the answer with which it was taken in.

    A changed file is a new one. One that was refused is tried again: what it lacked, a department
    or a period's end, may be there by now.
    """
    body = file.read_bytes()
    digest = hashlib.sha256(name.encode() + body).hexdigest()
    post = Post(body, CSV, filename=name, idempotency_key=_key(office, digest, actor))
    return receive(office, read(post, actor), actor)


def _key(office: Office, digest: str, actor: Actor) -> str:
    """Return the key under which a file was taken in, or the first that was not tried yet."""
    with office.database.read() as connection:
        return next(
            key
            for key in (f"{digest}-{attempt}" for attempt in count(1))
            if (earlier := _first_with(connection, actor, key)) is None or not is_refusal(earlier)
        )


def _first_with(connection: Connection, actor: Actor, key: str) -> Receipt | None:
    sent = (actor.key, actor.user, key)
    return submissions.first_with(connection, [sent]).get(sent)


def _read_catalogue(folder: Path) -> list[Placed]:
    placed: list[Placed] = []
    findings: list[Finding] = []
    for name in RESOURCES:
        file = folder / f"{name}s.yaml"
        if not file.exists():
            continue
        try:
            placed += _read_file(file, RESOURCES[name])
        except Refused as error:
            findings += error.findings
    if findings:
        msg = f"{folder} is not a catalogue that can be loaded"
        raise Refused(msg, findings)
    return placed


def _read_file(file: Path, model: type[AnyResource]) -> list[Placed]:
    """Read one YAML file; findings carry the file's name and the entry's place, from 1."""
    document = _parsed(file)
    entries = document if isinstance(document, list) else [document]
    placed: list[Placed] = []
    findings: list[Finding] = []
    for row, entry in enumerate(entries, 1):
        try:
            placed.append(Placed(read_resource(model, entry, row), file.name, row))
        except Refused as error:
            findings += [_in_file(found, file.name) for found in error.findings]
    if findings:
        msg = f"{file.name} is not as it must be"
        raise Refused(msg, findings)
    return placed


def _parsed(file: Path) -> object:
    """Read a file's YAML; raises Refused, whatever the file is."""
    try:
        return yaml.load(file.read_text("utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        problem = " ".join(str(error).split())
    except RecursionError:
        problem = "it is nested too deeply"
    found = Finding("invalid", column=file.name, values={"problem": problem})
    msg = f"{file.name} cannot be read"
    raise Refused(msg, [found])


def _in_file(found: Finding, name: str) -> Finding:
    return replace(found, column=f"{name}: {found.column}" if found.column else name)


class _Loader(yaml.SafeLoader):
    """YAML with numbers as they are written, no dates, no field twice, text that can be kept."""

    def compose_scalar_node(self, anchor: dict[Any, yaml.Node]) -> yaml.ScalarNode:
        """Take a key or a value, if every character of it can be kept."""
        node = super().compose_scalar_node(anchor)
        if (character := bad_character(node.value)) is not None:
            raise _wrong(node, f"the character {character} cannot be kept")
        return node


def _construct_number(_loader: yaml.SafeLoader, node: yaml.ScalarNode) -> JsonNumber:
    return JsonNumber(node.value)


def _construct_bool(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> bool:
    # PyYAML's own goes wrong on `!!bool maybe`.
    value = loader.bool_values.get(str(node.value).lower())
    if value is None:
        raise _wrong(node, "this is neither true nor false")
    return value


def _construct_mapping(loader: yaml.SafeLoader, node: yaml.Node) -> Iterator[Any]:
    if not isinstance(node, yaml.MappingNode):  # `!!map` before something else
        raise _wrong(node, "this has no fields")
    made: dict[Any, Any] = {}
    yield made
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        key = key.text if isinstance(key, JsonNumber) else key
        if not isinstance(key, str):  # `no:` is a truth value
            raise _wrong(key_node, "the name of a field must be text")
        if key in made:
            raise _wrong(key_node, f"“{key}” stands twice in the same entry")
        made[key] = loader.construct_object(value_node, deep=True)


def _wrong(node: yaml.Node, problem: str) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


_Loader.add_constructor("tag:yaml.org,2002:bool", _construct_bool)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_number)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)
_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)
