"""How values become words, the same on every face: numbers, periods, targets, what slips.

What pages, the bulletin and its files say of a target is put here, in the language of whoever
speaks (`voice.Speaker`); how it looks is theirs.
"""
