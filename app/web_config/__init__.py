"""TLS and passwords from a web-config file, the format that Prometheus's exporter toolkit defines.

One file format for Prometheus, Alertmanager, the exporters and this service: what the operator
writes once for a node exporter holds here. Asked for by `DABIAO_WEB_CONFIG_FILE`.

In reading order::

    document   the file's fields, strictly: what cannot be honoured is refused, never passed over
    file       the file on disk: read at the start, and again when it has changed
    tls        its `tls_server_config` as a context of Python's `ssl`
    passwords  its `basic_auth_users`, checked once and then remembered

Source of the format: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
"""
