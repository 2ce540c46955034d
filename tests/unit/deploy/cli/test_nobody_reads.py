"""`leadstream ... | head`: a command whose reader has seen enough ends quietly."""

import os
import subprocess
import sys

import pytest

TELLING = """
import sys
from producers.simulate import __main__ as simulate

async def perform(*_, **__):
    while True:
        sys.stdout.write("a line of the story\\n")
        sys.stdout.flush()

simulate.perform = perform
sys.exit(simulate.main())
"""
COMMANDS = {
    "simulate": ["-c", TELLING],
    "rules explain": ["-m", "deploy", "rules", "explain"],
    "config show": ["-m", "deploy", "config", "show"],
    "--help": ["-m", "deploy", "--help"],
}
TOLD = {
    "LEADSTREAM_SECRET": "any key of sixteen", "LEADSTREAM_SIMULATE__COLLECTOR_URL": "http://127.0.0.1:1",
    "LEADSTREAM_SIMULATE__WRITE_KEY": "wk", "LEADSTREAM_SIMULATE__SERVER_KEY": "sk",
}  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_it_ends_quietly(command: str) -> None:
    reading, writing = os.pipe()
    with subprocess.Popen([sys.executable, *COMMANDS[command]], stdout=writing, stderr=subprocess.PIPE,
                          env=os.environ | TOLD) as process:  # fmt: skip
        os.close(writing)
        os.close(reading)
        assert process.stderr is not None
        assert (process.stderr.read(), process.wait(60)) == (b"", 1)
