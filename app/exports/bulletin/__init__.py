"""The bulletin: an office's monthly report on a plan, as HTML, as PDF and as a workbook.

`composing` puts everything into words once (`content`), in one language and as of one instant;
`html`, `paper` and `sheets` only lay it out, so no two of them can say different things.
"""
