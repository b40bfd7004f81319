"""Simple exponential smoothing with a drift: how a short course goes on, and how surely.

The forecast of the Theta method, which did best in the M3 competition, is that of simple
exponential smoothing with a drift (R. J. Hyndman and B. Billah, "Unmasking the Theta method",
International Journal of Forecasting 19, 2003), which is an ARIMA(0,1,1) with a constant. It is
fitted here as a state space model by maximum likelihood, so that periods without a figure are gaps
and not zeros, with and without the drift, and from three years on with and without a season (a mean
for each period of the year); the least AICc decides. The interval is Student's, with the degrees of
freedom that the parameters leave, since a few figures tell little of their spread.

The figures of one course in, floats out; the same figures give the same answer.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import stats
from statsmodels.tsa.statespace.sarimax import SARIMAX

from app.domain.forecast import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from app.domain.forecast import Question

    Numbers = NDArray[np.float64]

_SEASONS: Final = 3
"""Years that a course must be long for a season to be looked for."""


def estimates(question: Question) -> list[Estimate]:
    """Return how a course goes on, step by step; its values are at least three."""
    values = np.array([np.nan if one is None else one for one in question.values])
    centre, spread = float(np.nanmean(values)), float(np.nanstd(values))
    steps = np.arange(1, question.steps + 1)
    if spread == 0:  # what never changed has no likelihood, and one answer
        means, errors = np.zeros(len(steps)), np.zeros(len(steps))
    else:
        # In the same unit whatever they measure, since the search for the parameters goes by steps.
        means, errors = _going_on((values - centre) / spread, question)
    factor = steps if question.adds_up else np.ones(len(steps))
    told = factor * centre + spread * (np.cumsum(means) if question.adds_up else means)
    width = spread * errors
    return [
        Estimate(float(one), float(one - room), float(one + room))
        for one, room in zip(told, width, strict=True)
    ]


def _going_on(values: Numbers, question: Question) -> tuple[Numbers, Numbers]:
    """Return the mean of each step, and half of the interval's width: of a sum, of the sum's."""
    with warnings.catch_warnings():
        # A search that ends at the edge of what is possible is the rule with so few figures.
        warnings.simplefilter("ignore")
        result, seasons = min(_fits(values, question), key=lambda fit: _badness(fit[0]))
        ahead = result.get_forecast(question.steps, exog=seasons)
        variance = np.asarray(ahead.var_pred_mean, dtype=float)
        if question.adds_up:
            # What a surprise of one step adds to the sum: to its own step and to all behind it.
            weights = result.impulse_responses(question.steps - 1, cumulative=True)
            variance = variance[0] * np.cumsum(np.square(np.ravel(weights)))
    freedom = max(1, int(np.count_nonzero(~np.isnan(values))) - 1 - len(result.params))
    # The likelihood divides by all differences; what the parameters took is given back.
    variance = variance * (freedom + len(result.params)) / freedom
    quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
    return np.asarray(ahead.predicted_mean, dtype=float), quantile * np.sqrt(variance)


def _fits(values: Numbers, question: Question) -> Iterator[tuple[Any, Numbers | None]]:
    """Give each model that is tried, fitted, with what it needs of the steps to come."""
    count, season = len(values), question.season
    known = seen = None
    for with_season in (False, True):
        if with_season:
            if season == 1 or count < _SEASONS * season:
                return
            months = np.eye(season)[np.arange(count + question.steps) % season][:, 1:]
            known, seen = months[:count], months[count:]
        for trend in ("n", "c"):
            model = SARIMAX(
                values, exog=known, order=(0, 1, 1), trend=trend, concentrate_scale=True
            )
            yield model.fit(disp=False, cov_type="none"), seen


def _badness(result: Any) -> float:  # noqa: ANN401 - statsmodels has no types
    """Return what is to be least; what fits without any error is the best there is."""
    found = float(result.aicc)
    return found if np.isfinite(found) else -np.inf
