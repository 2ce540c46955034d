import signal
import subprocess
import sys

import pytest

TOLD = """
import asyncio
from running.ending import leave, when_asked_to_stop

async def wait():
    asked = asyncio.Event()
    when_asked_to_stop(asked.set)
    print("ready", flush=True)
    await asked.wait()

asyncio.run(wait())
print("heard", end="")
leave(7)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_and_what_was_said_until_the_end_is_read(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", TOLD], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stdout.read() == "heard"
    assert process.returncode == 7
