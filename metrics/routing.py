"""Alertmanager's configuration, made from the short file in which the operator says who hears what.

Alertmanager includes no files, so what departments differ in, their receivers, would stand amid
what they share: routes, grouping, inhibition. The operator owns `alertmanager/receivers.yml`, and
`python -m metrics.routing FILE` prints the whole configuration, the same for the same file.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADER: Final = (
    "# Made by `make alertmanager` from receivers.yml: change that file and make this one anew.\n"
)
ONCE: Final = "8760h"
"""After how long an alert that still fires is told again: a year. See `--data.retention` in the
handbook: Alertmanager forgets whom it has told after that."""

_TARGET: Final = ["plan", "kpi", "department"]
_OUTAGES: Final = 'alertname=~"DabiaoDown|DabiaoCollectorFailing"'


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Part):
    """The server that takes mail."""

    smarthost: str
    sender: str
    username: str | None = None
    password_file: str | None = None
    require_tls: bool = True


class WeCom(_Part):
    """The office's WeCom application; its secret is read from a file when this is made."""

    corp_id: str
    agent_id: str
    secret_file: Path
    api_url: str | None = None


class WeComTo(_Part):
    """Who of WeCom hears: by party, user or tag, several parted by `|`."""

    party: str | None = None
    user: str | None = None
    tag: str | None = None

    @model_validator(mode="after")
    def _somebody(self) -> WeComTo:
        if not (self.party or self.user or self.tag):
            msg = "name a party, a user or a tag"
            raise ValueError(msg)
        return self


Address = Annotated[str, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]
Url = Annotated[str, Field(pattern=r"^https?://\S+$")]
Code = Annotated[str, Field(min_length=1)]


class Receiver(_Part):
    """By which ways somebody hears; by none is allowed, as long as nobody is to hear."""

    email: list[Address] = []
    wecom: WeComTo | None = None
    webhook: list[Url] = []


class DepartmentReceiver(Receiver):
    """A department's; `also` are the codes of other departments that it answers for."""

    also: list[Code] = []


class Receivers(_Part):
    """The operator's file.

    office: hears of departments that have no receiver of their own. operators: of the service.
    watchdog: is told every five minutes that alerts arrive.
    """

    mail: Mail | None = None
    wecom: WeCom | None = None
    office: Receiver = Receiver()
    operators: Receiver = Receiver()
    watchdog: Receiver = Receiver()
    departments: dict[Code, DepartmentReceiver] = {}

    @model_validator(mode="after")
    def _consistent(self) -> Receivers:
        everybody = [self.office, self.operators, self.watchdog, *self.departments.values()]
        if self.mail is None and any(one.email for one in everybody):
            msg = "somebody hears by email, and there is no section mail"
            raise ValueError(msg)
        if self.wecom is None and any(one.wecom for one in everybody):
            msg = "somebody hears by wecom, and there is no section wecom"
            raise ValueError(msg)
        codes = [code for name, one in self.departments.items() for code in (name, *one.also)]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            msg = f"more than one receiver answers for {', '.join(twice)}"
            raise ValueError(msg)
        return self


def configuration(receivers: Receivers) -> dict[str, Any]:
    """Return Alertmanager's configuration; raises OSError where WeCom's secret cannot be read."""
    shared = _Shared(receivers)
    named = [
        shared.receiver("office", receivers.office),
        shared.receiver("office-reminders", receivers.office, tell_end=False),
        shared.receiver("operators", receivers.operators),
        shared.receiver("watchdog", receivers.watchdog, tell_end=False),
    ]
    for code, one in sorted(receivers.departments.items()):
        named.append(shared.receiver(f"department-{code}", one))
        named.append(shared.receiver(f"department-{code}-reminders", one, tell_end=False))
    return {
        **({"global": shared.settings} if shared.settings else {}),
        "templates": ["templates/*.tmpl"],
        "route": _routes(receivers.departments),
        "inhibit_rules": _inhibitions(),
        "receivers": named,
    }


class _Shared:
    """What all receivers share: the ways, and how a message is put."""

    def __init__(self, receivers: Receivers) -> None:
        self._wecom = receivers.wecom
        self.settings: dict[str, Any] = {}
        if (mail := receivers.mail) is not None:
            self.settings |= {
                "smtp_smarthost": mail.smarthost,
                "smtp_from": mail.sender,
                "smtp_require_tls": mail.require_tls,
            }
            if mail.username is not None:
                self.settings["smtp_auth_username"] = mail.username
            if mail.password_file is not None:
                self.settings["smtp_auth_password_file"] = mail.password_file
        if (wecom := receivers.wecom) is not None:
            self.settings |= {
                "wechat_api_corp_id": wecom.corp_id,
                # Alertmanager up to 0.28 takes it from no file.
                "wechat_api_secret": wecom.secret_file.read_text("utf-8").strip(),
            }
            if wecom.api_url is not None:
                self.settings["wechat_api_url"] = wecom.api_url

    def receiver(self, name: str, to: Receiver, *, tell_end: bool = True) -> dict[str, Any]:
        """Return a receiver; `tell_end` has it hear, too, that an alert is over."""
        found: dict[str, Any] = {"name": name}
        if to.email:
            found["email_configs"] = [
                {
                    "to": ", ".join(to.email),
                    "send_resolved": tell_end,
                    "headers": {"Subject": '{{ template "dabiao.subject" . }}'},
                    "text": '{{ template "dabiao.text" . }}',
                    "html": '{{ template "dabiao.html" . }}',
                }
            ]
        if to.wecom is not None and self._wecom is not None:
            whom = to.wecom.model_dump(exclude_none=True)
            found["wechat_configs"] = [
                {
                    "agent_id": self._wecom.agent_id,
                    **{f"to_{kind}": value for kind, value in whom.items()},
                    "send_resolved": tell_end,
                    "message": '{{ template "dabiao.wecom" . }}',
                }
            ]
        if to.webhook:
            found["webhook_configs"] = [
                {"url": url, "send_resolved": tell_end} for url in to.webhook
            ]
        return found


def _routes(departments: Mapping[str, DepartmentReceiver]) -> dict[str, Any]:
    """Return the tree: the service's alerts, each department's, and the office's for the rest."""
    return {
        "receiver": "office",
        "group_by": ["department", "period"],
        "group_wait": "1m",
        "group_interval": "5m",
        "repeat_interval": ONCE,
        "routes": [
            {
                "receiver": "watchdog",
                "matchers": ['alertname="Watchdog"'],
                "group_by": ["alertname"],
                "group_wait": "0s",
                "repeat_interval": "5m",
            },
            {
                "receiver": "operators",
                "matchers": ['category="platform"'],
                "group_by": ["alertname"],
                "group_wait": "30s",
                "repeat_interval": "4h",
            },
            *(
                {
                    "receiver": f"department-{code}",
                    "matchers": [_is_one_of("department", [code, *one.also])],
                    "routes": [_reminders(f"department-{code}-reminders")],
                }
                for code, one in sorted(departments.items())
            ),
            _reminders("office-reminders"),
        ],
    }


def _reminders(receiver: str) -> dict[str, Any]:
    """Whoever owes a figure hears of it once a week, and not that it has come in."""
    return {
        "receiver": receiver,
        "matchers": ['category="submission"'],
        "repeat_interval": "168h",
    }


def _is_one_of(label: str, values: Sequence[str]) -> str:
    """Return a matcher; its regular expression holds for whole values."""
    if len(values) == 1:
        return f"{label}={_quoted(values[0])}"
    return f"{label}=~{_quoted('|'.join(re.escape(value) for value in values))}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _inhibitions() -> list[dict[str, Any]]:
    """Return what need not be told because of something else.

    The worse mutes the milder alert of the same target, and no verdict is told while nobody can
    read a newer one.
    """
    return [
        _mutes(_OUTAGES, 'category=~"target|submission"'),
        _mutes(
            'alertname="DabiaoDown"', 'alertname=~"DabiaoCollectorFailing|DabiaoReplicaFailing"'
        ),
        _mutes('alertname="DabiaoCollectorFailing"', 'alertname="DabiaoReplicaFailing"'),
        _mutes(
            'alertname="KpiTargetMissed"',
            'alertname=~"KpiTargetOffTrack|KpiTargetAtRisk|KpiForecastMiss"',
            _TARGET,
        ),
        _mutes(
            'alertname="KpiTargetOffTrack"',
            'alertname=~"KpiTargetAtRisk|KpiForecastMiss"',
            _TARGET,
        ),
        _mutes(
            'alertname="KpiFiguresStale"',
            'alertname=~"KpiSubmissionDueSoon|KpiSubmissionOverdue"',
            ["kpi", "department"],
        ),
    ]


def _mutes(source: str, target: str, equal: Sequence[str] = ()) -> dict[str, Any]:
    rule: dict[str, Any] = {"source_matchers": [source], "target_matchers": [target]}
    return {**rule, "equal": list(equal)} if equal else rule


def render(text: str) -> str:
    """Return the configuration's text, made from the text of the operator's file.

    Raises ValueError with one line for each thing that is wrong, and OSError as `configuration`.
    """
    try:
        given = yaml.safe_load(text)
        receivers = Receivers.model_validate({} if given is None else given)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    except ValidationError as error:
        told = (
            f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}"
            for one in error.errors()
        )
        raise ValueError("\n".join(told)) from error
    made = yaml.safe_dump(configuration(receivers), sort_keys=False, allow_unicode=True, width=100)
    return HEADER + made


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the configuration; returns 1, with the reason on standard error, where refused."""
    parser = argparse.ArgumentParser(
        prog="python -m metrics.routing",
        description="Make Alertmanager's configuration from the file that says who hears what.",
    )
    parser.add_argument("file", type=Path, help="as metrics/alertmanager/receivers.yml")
    file: Path = parser.parse_args(arguments).file
    try:
        sys.stdout.write(render(file.read_text("utf-8")))
    except UnicodeDecodeError:
        sys.stderr.write(f"{file}: not UTF-8\n")
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
    except ValueError as error:
        sys.stderr.writelines(f"{file}: {line}\n" for line in str(error).splitlines())
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
