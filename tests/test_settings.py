from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from app.errors import Misconfigured
from app.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

POSTGRESQL = "postgresql+psycopg://dabiao@/dabiao"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what the machine sets, and go where there is no `.env`."""
    for name in list(os.environ):
        if name.upper().startswith("DABIAO_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def read(
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str] | None = None,
    dotenv: str | bytes | None = None,
) -> Settings:
    """Read the settings as they are with these variables and this `.env`."""
    for name, value in (environment or {}).items():
        monkeypatch.setenv(name, value)
    if dotenv is not None:
        Path(".env").write_bytes(dotenv if isinstance(dotenv, bytes) else dotenv.encode())
    return load_settings()


def refusal(
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str] | None = None,
    dotenv: str | bytes | None = None,
) -> str:
    with pytest.raises(Misconfigured) as caught:
        read(monkeypatch, environment, dotenv)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    return str(caught.value)


DEFAULTS: dict[str, object] = {
    "database_url": "sqlite:///var/dabiao.db",
    "host": "127.0.0.1",
    "port": 8000,
    "workers": 1,
    "read_access": "open",
    "metrics_token": None,
    "web_config_file": None,
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "max_upload_bytes": 10_485_760,
    "log_format": "console",
}


def test_without_anything_set_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert {name: getattr(settings, name) for name in DEFAULTS} == DEFAULTS
    assert settings.zone.key == "Asia/Shanghai"


def test_every_setting_says_what_it_is() -> None:
    assert all(field.description for field in Settings.model_fields.values())


GIVEN: dict[str, tuple[str, object]] = {
    "database_url": (POSTGRESQL, POSTGRESQL),
    "host": ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - a setting that is read, not a socket
    "port": ("0", 0),
    "workers": ("1", 1),
    "read_access": ("key", "key"),
    "metrics_token": ("t0ken", "t0ken"),
    "web_config_file": ("web.yml", "web.yml"),
    "timezone": ("Europe/Zurich", "Europe/Zurich"),
    "language": ("en", "en"),
    "max_upload_bytes": ("1024", 1024),
    "log_format": ("json", "json"),
    "server": ("https://dabiao.example", "https://dabiao.example"),
    "key": ("dbk_x", "dbk_x"),
}


def test_every_setting_has_its_case() -> None:
    assert GIVEN.keys() == Settings.model_fields.keys()


@pytest.mark.parametrize("name", GIVEN)
def test_a_setting_comes_from_the_environment_the_file_or_a_secret_s_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    text, value = GIVEN[name]
    variable = f"DABIAO_{name.upper()}"
    assert getattr(read(monkeypatch, {variable: text}), name) == value
    monkeypatch.delenv(variable)
    assert getattr(read(monkeypatch, dotenv=f"# mine\n{variable}={text}\n"), name) == value
    Path(".env").unlink()
    (tmp_path / "secret").write_text(f" {text}\r\n", encoding="utf-8")
    assert getattr(read(monkeypatch, {f"{variable}_FILE": "secret"}), name) == value


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"DABIAO_PORT": "9001", "dabiao_language": "en"}
    file = "DABIAO_PORT=9002\nDABIAO_LANGUAGE=zh\nDABIAO_HOST=::1\n"
    settings = read(monkeypatch, environment, file)
    assert (settings.port, settings.language, settings.host) == (9001, "en", "::1")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DABIAO_METRICS_TOKEN=a#b", "a#b"),
        ("DABIAO_METRICS_TOKEN='a b' # mine", "a b"),
        ('export DABIAO_METRICS_TOKEN="密码"', "密码"),
        ("DABIAO_METRICS_TOKEN='p$w${HOME}d'", "p$w${HOME}d"),
        ("DABIAO_METRICS_TOKEN=p$w${HOME}d", "p$w${HOME}d"),
        ("\ufeffDABIAO_METRICS_TOKEN=x", "x"),
        ("dabiao_metrics_token=x\r\n", "x"),
    ],
)
def test_a_line_of_the_file_is_read_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, line: str, value: str
) -> None:
    assert read(monkeypatch, dotenv=line).metrics_token == value


@pytest.mark.parametrize(
    "name", ["DABIAO_TEST_WITHOUT", "dabiao_test_anything", "DABIAOPORT", "PORT"]
)
def test_what_is_not_ours_is_let_be(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert read(monkeypatch, {name: "1"}, f"{name}=2\n") == Settings()


UNKNOWN = {
    "a slip of the pen": "DABIAO_DATABSE_URL",
    "an unknown secret": "DABIAO_PASSWORD_FILE",
    "no name at all": "DABIAO_",
    "the beginning of a name": "DABIAO_TIME",
    "nothing but a file": "DABIAO_FILE",
    "a name with a line end": "DABIAO_PO\nRT",
    "a field of the class that is no setting": "DABIAO_ZONE",
}


@pytest.mark.parametrize("name", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_name_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    shown = name.replace("\n", "\N{REPLACEMENT CHARACTER}")
    assert refusal(monkeypatch, {name: "1"}) == f"{shown} is not a setting"


def test_an_unknown_name_in_the_file_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(monkeypatch, dotenv="DABIAO_PRT=8000\n") == "DABIAO_PRT is not a setting"


WRONG: dict[str, tuple[str, str]] = {
    "a port that is no number": ("DABIAO_PORT", "http"),
    "no port": ("DABIAO_PORT", ""),
    "an empty token, which would open or close everything": ("DABIAO_METRICS_TOKEN", ""),
    "half a port": ("DABIAO_PORT", "80.5"),
    "a port above all": ("DABIAO_PORT", "65536"),
    "a port below all": ("DABIAO_PORT", "-1"),
    "no workers": ("DABIAO_WORKERS", "0"),
    "more workers than there may be": ("DABIAO_WORKERS", "65"),
    "several workers on one file": ("DABIAO_WORKERS", "2"),
    "an access that is none": ("DABIAO_READ_ACCESS", "closed"),
    "a language that is not spoken": ("DABIAO_LANGUAGE", "de"),
    "a time zone that is none": ("DABIAO_TIMEZONE", "Mars/Olympus"),
    "a time zone out of its folder": ("DABIAO_TIMEZONE", "../../etc/passwd"),
    "a folder of time zones": ("DABIAO_TIMEZONE", "Asia"),
    "a time zone on two lines": ("DABIAO_TIMEZONE", "Asia/Shang\nhai"),
    "no time zone": ("DABIAO_TIMEZONE", ""),
    "too few bytes": ("DABIAO_MAX_UPLOAD_BYTES", "1023"),
    "bytes with their unit": ("DABIAO_MAX_UPLOAD_BYTES", "10 MiB"),
    "a log format that is none": ("DABIAO_LOG_FORMAT", "xml"),
}


@pytest.mark.parametrize(("name", "value"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_stops_the_start_and_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert refusal(monkeypatch, {name: value}).startswith(f"{name}: ")


def test_several_workers_share_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"DABIAO_WORKERS": "4", "DABIAO_DATABASE_URL": POSTGRESQL}
    assert read(monkeypatch, environment).workers == 4


# --- secrets ----------------------------------------------------------------------------------


def test_a_secret_that_is_set_twice_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"DABIAO_DATABASE_URL": POSTGRESQL, "DABIAO_DATABASE_URL_FILE": "secret"}
    message = refusal(monkeypatch, environment)
    assert message == "DABIAO_DATABASE_URL_FILE and DABIAO_DATABASE_URL are both set"


UNREADABLE = {
    "that is not there": "absent",
    "that is a folder": ".",
    "without a name": "",
    "with a line end in its name": "ab\nsent",
    "that is not text": "bytes",
}


@pytest.mark.parametrize("path", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_secret_s_file_that_cannot_be_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    Path("bytes").write_bytes(b"\xff\xfe\x00")
    message = refusal(monkeypatch, {"DABIAO_METRICS_TOKEN_FILE": path})
    assert message.startswith("DABIAO_METRICS_TOKEN_FILE names a file that cannot be read")


def test_a_message_does_not_repeat_a_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hunter2", encoding="utf-8")
    assert "hunter2" not in refusal(monkeypatch, {"DABIAO_PORT_FILE": "secret"})


# --- the file ---------------------------------------------------------------------------------

BROKEN_FILES: dict[str, tuple[str | bytes, str]] = {
    "a line without its sign": ("DABIAO_PORT=1\nDABIAO_HOST 0.0.0.0\n", ".env: line 2 is not"),
    "a colon for the sign": ("DABIAO_PORT: 9000\n", ".env: line 1 is not"),
    "a quotation that stays open": ("DABIAO_KEY='x\n", ".env: line 1 is not"),
    "a name without a value": ("DABIAO_PORT\n", "DABIAO_PORT: "),
    "another encoding": ("DABIAO_KEY=密码\n".encode("gb18030"), ".env cannot be read"),
}


@pytest.mark.parametrize(("text", "begin"), BROKEN_FILES.values(), ids=BROKEN_FILES.keys())
def test_a_file_that_cannot_be_read_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, text: str | bytes, begin: str
) -> None:
    assert refusal(monkeypatch, dotenv=text).startswith(begin)


def test_a_folder_in_the_file_s_place_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").mkdir()
    assert refusal(monkeypatch).startswith(".env cannot be read")


def test_no_file_is_asked_for_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("DABIAO_PORT=9000\n", encoding="utf-8")
    assert load_settings(None).port == 8000
    assert load_settings(Path("elsewhere.env")).port == 8000
    assert read(monkeypatch).port == 9000


def test_settings_cannot_be_changed_once_they_are_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Settings(), "port", 1)  # noqa: B010 - written out, it would not pass mypy
