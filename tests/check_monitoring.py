"""Has Prometheus's and Alertmanager's own tools check the shipped files (run as a module)."""

from __future__ import annotations

import subprocess
import sys

from tests.programs import ROOT, PartMissingError, locate

# Tool, words, files below metrics/. Each tool is called once for all files of a row.
CHECKS = (
    ("promtool", ("check", "config"), "prometheus/prometheus.yml"),
    ("promtool", ("check", "rules"), "prometheus/rules/*.yml"),
    ("promtool", ("test", "rules"), "prometheus/rules/tests/*.yml"),
    ("amtool", ("check-config",), "alertmanager/alertmanager.yml"),
)


def main() -> int:
    """Run every check that has files; returns 1 when one of them fails."""
    failed = False
    for program, words, pattern in CHECKS:
        files = sorted((ROOT / "metrics").glob(pattern))
        if not files:
            continue
        try:
            command = [str(locate(program)), *words, *map(str, files)]
        except PartMissingError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        done = subprocess.run(
            command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
