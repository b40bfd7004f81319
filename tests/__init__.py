"""Tests, and what they share: `parts` (real servers), `install_parts` (which brings them)."""
