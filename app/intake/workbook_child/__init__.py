"""The reader of spreadsheets that runs in a process of its own, for one workbook.

A workbook comes from outside and may be made to harm whoever unpacks it. So it is unpacked where
memory, time and files are limited, by code that imports the standard library and this package
alone: it starts in a few hundredths of a second, and what it could get at is not there.

In reading order: `parts` (the package of XML parts), `cells` (what a stored cell means), `sheet`
(the rows of a sheet), `header` (which sheet, which row names the columns), `main` (the process).
"""
