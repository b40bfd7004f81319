"""What goes out as files: figures in every format, the form to fill in, and what stands in them.

The same files from the API and on the command line; the columns are those that the intake reads,
so what goes out can come back. `history` and `openmetrics` give it to Prometheus, by period.
"""
