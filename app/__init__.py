"""Dabiao (达标): an office's targets, its figures, and the verdict with its arithmetic.

In reading order, each package importing only what stands before it::

    domain       pure arithmetic: periods, KPIs, targets, trajectories, the verdict
    forecasting  how a course goes on, computed in a process of its own
    ledger       everything that knows SQL: the append-only record and its reads
    wording      how values become words, the same on every face
    intake       how figures and catalogues come in: reading, checking, recording
    exports      what goes out as files: figures, and the form to fill in
    api          the HTTP interface
    cli          the command line
    application  puts the parts together
    main         what the server calls: the front, which answers before the application is read

The Prometheus side (`metrics`, beside this package) stands where `api` stands.
"""

__version__ = "0.1.0"
