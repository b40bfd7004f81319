"""Everything that knows SQL.

Every table is append-only: rows are added, never changed, and the database itself refuses UPDATE
and DELETE. One journal gives every write its place, so "as of" is one number (see `journal`).

In reading order: `types`, `tables`, `database` (transactions), `migrating`, `journal`,
`catalogue`, `narrowing`, `submissions`, `revisions` (the sole writer of figures), `reviews`,
`histories`, `expected`, `returned`, `reporting`, `keys`, `scoreboard` (the read model), `office`,
`derived`, `verdicts` and `keeping` (the read model as a table).
"""
