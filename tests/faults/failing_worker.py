"""A real worker in the time of a story that is gone after its n-th record: `python -m tests.faults.failing_worker`.

Arguments as of `tests.integration.story_worker`; `FAIL_AFTER` says how many records may leave. The one after them does
not, and nothing is tidied up. Each record is a step: a row, a standing, a pointer, a card, a move.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from tests.integration.story_worker import main

STEPS: Final = int(os.environ["FAIL_AFTER"])


def fail_after(steps: int) -> None:
    """Counts what is handed to the producer."""
    left = [steps]

    def failing(real: Any) -> Any:
        async def send(*args: Any, **options: Any) -> Any:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
            return await real(*args, **options)

        return send

    AIOKafkaProducer.send = failing(AIOKafkaProducer.send)
    AIOKafkaProducer.send_batch = failing(AIOKafkaProducer.send_batch)


if __name__ == "__main__":
    fail_after(STEPS)
    main(Path(sys.argv[1]))
