"""The HTTP interface: one module per resource, over the same calls as the command line.

In reading order: `access` (who may do what), `deps` (what a route is given), `parameters`,
`paging`, `conditional`, `bodies` (what a request says), `rendering`, `problems`, `head` (what it is
answered), then the resources `catalogue`, `targets`, `submissions`, `actuals`, `scoreboard` and
`health`, and `routes`, which puts them together.
"""

PREFIX = "/api/v1"
