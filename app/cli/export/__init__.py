"""`dabiao export …`: what goes out as a file, one module per export.

Every one of them writes to a file, or to standard output for `-`.
"""
