"""Tests of the web-config file: what it may say, and the real service behind it."""
