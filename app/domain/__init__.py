"""Pure rules: values in, values out. No SQL, no HTTP, no clock: `today` and `now` are arguments.

In reading order: `period`, `number`, `kpi`, `figure`, `target` (the grammar), `trajectory`,
`counting` (the figure that counts), `attainment` (the verdict), `explanation`, `lifecycle`,
`finding`.
"""
