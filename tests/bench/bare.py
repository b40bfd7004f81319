"""The peers' application: the frameworks that Dabiao stands on, and nothing of Dabiao.

What it serves is what the environment names: BENCH_FILES, a folder of bodies for the static routes,
and BENCH_DATABASE, a database that gets a bare table of figures.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Response
from prometheus_client import make_asgi_app
from pydantic import BaseModel

TYPES = {
    ".gz": "text/plain; version=0.0.4; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
}


class Actual(BaseModel):
    kpi: str
    department: str
    period: str
    value: float


class Delivery(BaseModel):
    actuals: list[Actual]


class Receipt(BaseModel):
    id: int


figure = sa.Table(
    "figure",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kpi", sa.String(64), nullable=False),
    sa.Column("department", sa.String(64), nullable=False),
    sa.Column("period", sa.String(7), nullable=False),
    sa.Column("value", sa.Numeric(18, 6, asdecimal=False), nullable=False),
    sa.UniqueConstraint("kpi", "department", "period"),
)


def create() -> FastAPI:
    """Put the application together."""
    app = FastAPI()
    app.mount("/process", make_asgi_app())
    _add_health(app)
    if folder := os.environ.get("BENCH_FILES"):
        _add_static(app, Path(folder))
    if url := os.environ.get("BENCH_DATABASE"):
        _add_posts(app, _engine(url))
    return app


def _add_health(app: FastAPI) -> None:
    @app.get("/healthy")
    def healthy() -> dict[str, str]:
        return {"status": "ok"}


def _add_static(app: FastAPI, folder: Path) -> None:
    answers = {file.name: (file.read_bytes(), file.suffix) for file in folder.iterdir()}

    @app.get("/static/{name}")
    async def static(name: str) -> Response:
        body, suffix = answers[name]
        headers = {"content-encoding": "gzip"} if suffix == ".gz" else None
        return Response(body, media_type=TYPES[suffix], headers=headers)


def _add_posts(app: FastAPI, engine: sa.Engine) -> None:
    figure.metadata.create_all(engine)
    statement = sa.insert(figure)

    @app.get("/ready")
    def ready() -> dict[str, Any]:
        with engine.connect() as connection:
            return {"database": connection.execute(sa.text("SELECT 1")).scalar()}

    @app.post("/nothing", status_code=201)
    async def nothing(delivery: Delivery) -> Receipt:
        return Receipt(id=len(delivery.actuals))

    @app.post("/insert", status_code=201)
    def insert(delivery: Delivery) -> Receipt:
        with engine.begin() as connection:
            made = connection.execute(statement, delivery.actuals[0].model_dump())
            (number,) = made.inserted_primary_key or (0,)
        return Receipt(id=number)


def _engine(url: str) -> sa.Engine:
    """Return an engine that is as durable as Dabiao's, with a connection for every thread."""
    engine = sa.create_engine(url, pool_size=40)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _open(connection: Any, _record: object) -> None:  # noqa: ANN401  # the driver's own
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
                connection.execute(f"PRAGMA {pragma}")

    return engine
