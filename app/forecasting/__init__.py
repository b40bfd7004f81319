"""The model behind a forecast, and the process that it is computed in.

::

    asking    asks that process, and remembers what it said
    child     the process: questions as JSON come in, answers go out
    fitting   the model: exponential smoothing with a drift, by statsmodels

What is asked, and what follows from the answer, is `app.domain.forecast`'s to say. statsmodels is
imported by `fitting` alone, and `fitting` by the process alone: the service starts without it.
"""
