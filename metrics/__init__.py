"""The contract with Prometheus: what `/metrics` and the paths below it say, and who scrapes them.

KPI definitions do NOT live here. What is measured, by whom, and what is to be reached are data, in
the ledger's catalogue; when a target is met is `app.domain.attainment`'s to say. This package turns
what the ledger holds into samples and bytes, and computes no verdict of its own.

In reading order::

    families     every metric of /metrics and /metrics/forecast: name, help, type, unit, labels
    snapshot     the office at one position of the ledger and one day, as samples
    exposition   samples to bytes: text 0.0.4 and OpenMetrics 1.0, plain and deflated
    negotiation  which of these a request asks for
    cache        bytes kept until the ledger or the day changes, and while the database is away
    templates    which route took a request
    forecasts    /metrics/forecast: what the table of forecasts says of the due periods
    process      /metrics/process: this process, its requests, Python
    asgi         the three endpoints

`prometheus/` holds what scrapes them.
"""
