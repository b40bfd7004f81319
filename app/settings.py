"""Settings: environment variables with the prefix `DABIAO_`, also from a `.env` file.

A secret can come from a file: `DABIAO_DATABASE_URL_FILE=/run/secrets/database_url`. A variable
with the prefix that is not a setting, or a value that is not what the setting takes, stops the
start with one clear line.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.errors import Misconfigured

PREFIX = "DABIAO_"
NOT_OURS = ("DABIAO_TEST_",)
"""Beginnings of variables that belong to the test suite."""


class Settings(BaseModel):
    """Everything that can be set; made once at the start and passed on, never imported."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    database_url: str = Field(
        default="sqlite:///var/dabiao.db",
        description="The database: `sqlite:///…` or `postgresql+psycopg://…`.",
    )
    host: str = Field(default="127.0.0.1", description="The address that is listened on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port that is listened on.")
    workers: int = Field(
        default=1, ge=1, le=64, description="Server processes; more than 1 needs PostgreSQL."
    )
    read_access: Literal["open", "key"] = Field(
        default="open",
        description="`open`, or `key`: every read but health needs a key or a signed-in user.",
    )
    metrics_token: str | None = Field(
        default=None,
        min_length=1,
        description="The bearer token that `/metrics` needs; unset, it is open.",
    )
    web_config_file: str | None = Field(
        default=None,
        min_length=1,
        description="A web-config file as of Prometheus's exporters: TLS, and passwords.",
    )
    timezone: str = Field(
        default="Asia/Shanghai", description="Where periods end and deadlines fall."
    )
    language: Literal["zh", "en"] = Field(
        default="zh", description="The default of pages, names and messages."
    )
    max_upload_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1024, description="The largest body that is read."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="Log lines for people, or one JSON object a line."
    )
    server: str | None = Field(
        default=None,
        description="For the command line: the server that `dabiao submit` posts to.",
    )
    key: str | None = Field(
        default=None, description="For the command line: the key that it posts with."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = f"there is no time zone {_shown(value)}"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _one_process_on_sqlite(self) -> Settings:
        if self.workers > 1 and self.database_url.startswith("sqlite"):
            msg = f"{PREFIX}WORKERS: more than one worker needs PostgreSQL"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The office's time zone."""
        return ZoneInfo(self.timezone)


def load_settings(dotenv: Path | None = Path(".env")) -> Settings:
    """Read the settings; the environment wins over the `.env` file. Raises Misconfigured."""
    from_file = _from_file(dotenv) if dotenv is not None and dotenv.exists() else {}
    given = {
        name.upper(): value
        for name, value in {**from_file, **os.environ}.items()
        if name.upper().startswith(PREFIX) and not name.upper().startswith(NOT_OURS)
    }
    values: dict[str, Any] = {}
    for name, value in given.items():
        field = name.removeprefix(PREFIX).lower()
        if field in Settings.model_fields:
            values[field] = value
        elif field.endswith("_file") and field.removesuffix("_file") in Settings.model_fields:
            values[field.removesuffix("_file")] = _secret(name, value, given)
        else:
            msg = f"{_shown(name)} is not a setting"
            raise Misconfigured(msg)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise Misconfigured(_one_line(error)) from error


def _from_file(dotenv: Path) -> dict[str, str | None]:
    # Not dotenv_values: it drops a line that it cannot read, and replaces a ${…} in a password.
    try:
        with dotenv.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{dotenv} cannot be read as UTF-8 text"
        raise Misconfigured(msg) from error
    for binding in bindings:
        if binding.error:
            msg = f"{dotenv}: line {binding.original.line} is not NAME=value"
            raise Misconfigured(msg)
    return {binding.key: binding.value for binding in bindings if binding.key is not None}


def _secret(name: str, path: str | None, given: dict[str, str | None]) -> str:
    if name.removesuffix("_FILE") in given:
        msg = f"{name} and {name.removesuffix('_FILE')} are both set"
        raise Misconfigured(msg)
    try:
        return Path(path or "").read_text("utf-8").strip()
    except (OSError, ValueError) as error:  # ValueError: not UTF-8, or a path with a NUL in it
        msg = f"{name} names a file that cannot be read: {_shown(path or '')}"
        raise Misconfigured(msg) from error


def _one_line(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = f"{PREFIX}{str(first['loc'][0]).upper()}: " if first["loc"] else ""
    return f"{where}{first['msg'].removeprefix('Value error, ')}"


def _shown(value: str) -> str:
    """Return what a message repeats of a value: on one line, whatever it is."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value
    )
