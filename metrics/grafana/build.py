"""Writes the dashboards: `python -m metrics.grafana.build`; with `--check`, only compares.

Exit status 1 where, with `--check`, a file is not what this code writes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from metrics.grafana import department, kpi, office, service
from metrics.grafana.words import LANGUAGES, Say

FOLDER: Final = Path(__file__).parent / "dashboards"
_DASHBOARDS: Final = {
    "office": office.dashboard,
    "kpi": kpi.dashboard,
    "department": department.dashboard,
    "service": service.dashboard,
}


def rendered() -> dict[str, str]:
    """Return every file by its path below `dashboards/`."""
    files = {}
    for language in LANGUAGES:
        for name, dashboard in _DASHBOARDS.items():
            model = dashboard(Say(language)).build()
            plain = json.loads(JSONEncoder().encode(model))
            text = json.dumps(plain, ensure_ascii=False, indent=2, sort_keys=True)
            files[f"{language}/{name}.json"] = f"{text}\n"
    return files


def main(words: list[str]) -> int:
    """Write or compare; returns the exit status."""
    files = rendered()
    there = {str(path.relative_to(FOLDER)): path for path in FOLDER.glob("*/*.json")}
    if words == ["--check"]:
        stale = {name for name, text in files.items() if _text(name) != text}
        for name in sorted(stale | (there.keys() - files.keys())):
            sys.stderr.write(f"dashboards/{name} is not what metrics.grafana.build writes\n")
        return 1 if stale or there.keys() != files.keys() else 0
    for name in there.keys() - files.keys():
        there[name].unlink()
    for name, text in files.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return 0


def _text(name: str) -> str | None:
    path = FOLDER / name
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
