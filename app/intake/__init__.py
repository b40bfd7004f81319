"""How figures and catalogues come in: read, check, record; nothing is lost on the way.

In reading order: `table` (what every reader gives), `limits`, `spelling`, `strict_json`,
`actuals_json`, `tabular` and `workbook` (the readers; `workbook_child` is the process that unpacks
one, `workbook_out` the writer), `validation` and `decision` (the checks),
`submission` (the workflow), `receipts`; and for catalogues `resources`, `resource_reading`,
`catalogue_rules`, `catalogue` (the workflow), `folder`.
"""
