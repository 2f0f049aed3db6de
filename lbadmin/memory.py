"""How often a process that serves pages, or commits, looks for garbage.

Both keep thousands of rows from one time to the next. Python's own habit, to look through everything after every few
hundred new objects, takes a third of the time of the first page after an edit; hardly any of our garbage has cycles.
"""

import gc


def collect_seldom() -> None:
    """Leave alone what is loaded by now, and look through the rest a tenth as often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
