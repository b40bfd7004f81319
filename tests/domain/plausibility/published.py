"""Domestic invention applications as the office published them: month, year to date, and ever.

Only these months could be found; of December 2013 the last total alone.
"""

from __future__ import annotations

MONTH, YEAR, EVER = "applications", "applications-of-the-year", "applications-ever"

APPLICATIONS: dict[str, dict[str, int]] = {
    "2012-10": {MONTH: 49_979, YEAR: 386_093, EVER: 2_230_052},
    "2013-04": {MONTH: 42_881, YEAR: 154_050, EVER: 2_533_322},
    "2013-12": {EVER: 3_084_208},
    "2014-01": {MONTH: 57_251, YEAR: 57_251, EVER: 3_141_459},
    "2014-08": {MONTH: 60_750, YEAR: 417_606, EVER: 3_501_814},
    "2014-11": {MONTH: 102_010, YEAR: 669_695, EVER: 3_753_903},
    "2015-01": {MONTH: 66_415, YEAR: 66_415, EVER: 3_951_758},
    "2015-09": {MONTH: 86_147, YEAR: 610_527, EVER: 4_495_870},
}
