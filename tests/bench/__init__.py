"""Dabiao's benchmarks: `python -m tests.bench [ROW ...]`, or `make bench`.

A row compares Dabiao with a peer, or with a limit that the machine or the framework sets. Both are
measured in one run, in turns, doing work that is counted and must be equal; what counts is the
ratio, so that a slow or a busy machine is the same to both. Nothing here passes or fails by a
clock.

::

    registry.py   every row, in one table
    scrape.py  exporters.py  posts.py  bulk.py  start.py  scoreboard.py  pages.py     the rows
    growth.py     how the rows grow: each at a thousand to a million, and the exponent
    harness.py    sides taken in turns, ratios, goals
    report.py     the table for people, the JSON for programs
    results.py    what was measured last, kept in results.json and told in RESULTS.md
    picture.py    growth.svg, which stands in it
    sizes.py      how much of everything, for a measurement and for a quick look
    ledger.py     a made-up office, loaded through Dabiao's own intake
    servers.py    Dabiao, the bare application and the exporters, as processes
    bare.py       the application of the peers: the same frameworks without Dabiao
    load.py       the clients, in a process of their own
    responder.py  a socket that answers without reading: how fast the clients could be

Databases lie where temporary files do (TMPDIR). For durable writes that should be a real disk,
though both sides have the same.
"""
