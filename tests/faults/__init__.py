"""Faults under load: a PostgreSQL of several servers fails while clients post through the service.

`cluster` keeps PostgreSQL under Patroni and etcd and brings the faults about, `network` gives each
server a machine of its own as far as the network goes, `posting` posts and keeps what it was told.
"""
