"""The process that sets a bulletin's PDF: data as JSON comes in, the PDF goes out.

A process of its own, since the typesetter keeps what it has computed: after ten long bulletins
that was most of a gigabyte.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst


def main() -> None:
    """Set what comes in on standard input."""
    here = Path(__file__).parent
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(here / "fonts")],
    )
    made = typst.compile(
        here / "paper.typ",
        root=here,
        font_paths=fonts,
        sys_inputs={"bulletin": sys.stdin.buffer.read().decode()},
        format="pdf",
    )
    sys.stdout.buffer.write(made)
