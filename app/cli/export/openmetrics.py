"""`dabiao export openmetrics`: history in period time, for a one-time backfill of a Prometheus."""

from __future__ import annotations

from app.cli.context import office
from app.cli.export.destination import STANDARD_OUTPUT, Destination, writing
from app.exports.history import History


def openmetrics(file: Destination = STANDARD_OUTPUT) -> None:
    """Write the history of every figure and target as OpenMetrics, for promtool.

    For Prometheus to take it: promtool tsdb create-blocks-from openmetrics FILE DATA_DIRECTORY.
    A Prometheus deletes whatever is older than its retention (15 days unless told), so set
    --storage.tsdb.retention.time to more than the oldest period BEFORE importing. What is imported
    is a copy: a month that is restated later stays in it as it was.
    Example: dabiao export openmetrics history.om
    """
    # The client library is read by nobody else on the command line, and takes its time.
    from app.exports.openmetrics import parts  # noqa: PLC0415

    with office() as (opened, _), opened.database.read() as connection:
        stored, seen = opened.seen(connection)
        with writing(file) as stream:
            stream.writelines(parts(History(connection, stored, seen, opened.zone)))
