"""The whole way of an alert: a figure that is posted, Prometheus, Alertmanager, who hears."""
