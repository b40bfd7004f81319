"""`dabiao derive`: what is made from the ledger, made anew."""

from __future__ import annotations

import typer

from app.cli.context import office
from app.ledger import forecasts, verdicts


def derive() -> None:
    """Make the tables of verdicts and of forecasts anew.

    They are what the SQL views v_verdict and v_forecast show. A running service keeps them by
    itself; this is for when none has run, or after a doubt.
    Example: dabiao derive
    """
    with office() as (opened, _):
        # A service that is faster meanwhile has derived an older state: once more.
        while not verdicts.derive(opened, anew=True):
            continue
        while not forecasts.derive(opened, anew=True):
            continue
        with opened.database.read() as connection:
            reached = verdicts.state(connection)
    if reached is not None:
        typer.echo(f"The verdicts speak for position {reached.position} of the journal.", err=True)
