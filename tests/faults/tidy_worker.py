"""A real worker whose local files are written whole each time: `python -m tests.faults.tidy_worker worker`.

The real one does so after half a day, which no test waits for.
"""

import os
import sys

from running.ending import leave
from streams.engine.rows import store

if __name__ == "__main__":
    store.WHOLE_MS = -1  # type: ignore[misc]
    from streams.__main__ import main

    leave(main(sys.argv[1:], dict(os.environ)))
