"""Grafana's dashboards as code: one definition, written out in Chinese and in English.

`python -m metrics.grafana.build` writes `dashboards/zh/*.json` and `dashboards/en/*.json`, which
are what Grafana loads (see `provisioning/`) and what a test holds against this code. The service
imports nothing of this, and does not need what this imports.

In reading order::

    words       the languages, the statuses, how a label is worded
    promql      pieces of queries: right with one replica and with several
    variables   what is chosen at the top: plan, department, KPI, by their names
    panels      the kinds of panel, so that all dashboards look alike
    office      what is met, what slips and since when, who has not reported
    kpi         one KPI: figure, target, trajectory, revisions
    department  one department's targets and reports
    service     the service itself: scrapes, requests, refusals, the ledger
    build       all of them, as files
"""
