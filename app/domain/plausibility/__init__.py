"""What is odd about good figures: small checks, each of which asks and none of which refuses.

::

    series.py    one KPI's figures of one department, in order of time
    robust.py    far from its own history
    monotone.py  fell, though it should not
    sums.py      a month, a year to date and a total since the beginning that do not fit
    parts.py     parts that do not add up to a whole that is there too
    shifted.py   rows that fit their neighbours' histories better than their own

Every check is given all the figures that it needs and yields warnings, each with what was expected
and from which figures, so that a reporter can answer it. A false alarm is a fault: who is asked
for nothing stops reading, so each check keeps silent where the figures can be explained.

The statistics run on binary floats, since nothing is decided by them but whether to ask; sums and
comparisons of figures stay exact.
"""
