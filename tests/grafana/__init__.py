"""Tests of what Grafana is given: the files, and every query of theirs against the real stack."""
