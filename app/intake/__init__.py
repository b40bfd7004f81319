"""How figures and catalogues come in: read, check, record; nothing is lost on the way.

In reading order: `table` (what every reader gives), `spelling`, `strict_json`, `tabular` (the
readers), `validation` (the checks), `submission` (the workflow), `catalogue` (the folders).
"""
