"""How a plan stands: the verdicts of all its targets, kept as arrays and moved with the journal.

`layout` is what of a plan is the same for all figures, `block` the figures and verdicts of one
KPI's targets, `whole` the plan, `picked` what is asked of it. `app.ledger.standings` keeps plans
that were looked at and is what others import: these modules load numpy.
"""
