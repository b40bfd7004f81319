from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.ledger.types import ExactDecimal, Instant

if TYPE_CHECKING:
    from app.ledger.database import Database

sample = sa.Table(
    "sample",
    sa.MetaData(),
    sa.Column("number", ExactDecimal),
    sa.Column("instant", Instant),
)

LARGEST = 10**18 - 1
"""In millionths: twelve digits before the point and six after it."""

decimals = st.integers(-LARGEST, LARGEST).map(lambda millionths: Decimal(millionths).scaleb(-6))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
instants = st.datetimes(
    min_value=dt.datetime(1, 1, 2),  # noqa: DTZ001 - the strategy wants it so, and adds the offset
    max_value=dt.datetime(9999, 12, 30),  # noqa: DTZ001 - as above
    timezones=offsets,
)

# The database is emptied by every example itself.
in_one_database = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def _sample(database: Database) -> None:
    with database.write() as connection:
        sample.create(connection)


def kept(database: Database, column: str, values: list[object]) -> list[object]:
    """Store values and read them back in the store's own order."""
    with database.write() as connection:
        connection.execute(sa.delete(sample))
        connection.execute(sa.insert(sample), [{column: value} for value in values])
    with database.read() as connection:
        query = sa.select(sample.c[column]).order_by(sample.c[column])
        return list(connection.execute(query).scalars())


@in_one_database
@given(st.lists(decimals, min_size=1, max_size=20))
@example([Decimal(LARGEST).scaleb(-6), Decimal(-LARGEST).scaleb(-6), Decimal("0.000001")])
@example([Decimal("22.54"), Decimal("22.5"), Decimal("20.20"), Decimal("-0.1"), Decimal(0)])
def test_every_decimal_comes_back_as_it_went_in_and_sorts_as_a_number(
    database: Database, numbers: list[Decimal]
) -> None:
    assert kept(database, "number", [*numbers]) == sorted(numbers)


@in_one_database
@given(st.lists(instants, min_size=1, max_size=20))
@example([dt.datetime(999, 1, 1, tzinfo=dt.UTC), dt.datetime(2013, 1, 1, tzinfo=dt.UTC)])
@example([dt.datetime(2013, 1, 1, 0, 0, 0, 1, dt.UTC), dt.datetime(2013, 1, 1, tzinfo=dt.UTC)])
def test_every_instant_comes_back_as_it_went_in_and_sorts_by_time(
    database: Database, moments: list[dt.datetime]
) -> None:
    found = kept(database, "instant", [*moments])
    assert found == sorted(moments)
    assert all(isinstance(one, dt.datetime) and one.utcoffset() == dt.timedelta() for one in found)


def test_nothing_stays_nothing(database: Database) -> None:
    assert kept(database, "number", [None]) == [None]
    assert kept(database, "instant", [None]) == [None]


def test_a_sum_in_the_store_is_exact(database: Database) -> None:
    with database.write() as connection:
        tenth = {"number": Decimal("0.1")}
        connection.execute(sa.insert(sample), [tenth] * 10)
        total = connection.execute(sa.select(sa.func.sum(sample.c.number))).scalar()
    assert total == 1


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("number", Decimal("0.0000001"), "more than 6 digits after the point"),
        ("instant", dt.datetime(2013, 1, 1), "an instant needs an offset"),  # noqa: DTZ001
    ],
    ids=["a decimal that would be rounded", "an instant without an offset"],
)
def test_what_could_not_come_back_the_same_is_not_stored(
    database: Database, column: str, value: object, message: str
) -> None:
    with pytest.raises(sa.exc.StatementError, match=message):
        kept(database, column, [value])
