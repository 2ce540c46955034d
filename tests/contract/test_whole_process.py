"""Row 44: a process that is guarded connects to nothing inside, whichever of its threads, in whatever way."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

TRIED: Final = """
import json, socket, subprocess, sys, threading
from streams.outgoing.addresses import Reach
from streams.outgoing.whole_process import guard_process

port, named, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
guard_process(Reach(frozenset({named} - {""})))
found = {}

def tried(name, act):
    try:
        act()
        found[name] = "done"
    except OSError as error:
        found[name] = type(error).__name__

def in_a_thread():
    thread = threading.Thread(target=lambda: tried("thread", lambda: socket.create_connection(("127.0.0.1", port))))
    thread.start()
    thread.join()

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tried("connect", lambda: socket.create_connection(("127.0.0.1", port)))
tried("connect_ex", lambda: socket.socket().connect_ex(("127.0.0.1", port)))
in_a_thread()
tried("name", lambda: socket.socket().connect(("localhost", port)))
tried("spelling", lambda: socket.socket().connect(("127.1", port)))
tried("datagram", lambda: udp.sendto(b"x", ("127.0.0.1", port)))
tried("message", lambda: udp.sendmsg([b"x"], [], 0, ("127.0.0.1", port)))
tried("machine", lambda: socket.socket(socket.AF_UNIX).connect(path))
tried("program", lambda: subprocess.run(["true"]))
print(json.dumps(found))
"""


def outcomes(tmp_path: Path, *, named: str) -> dict[str, str]:
    path = str(tmp_path / "socket")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(path)
        local.listen()
        command = (sys.executable, "-c", TRIED, str(server.getsockname()[1]), named, path)
        found: dict[str, str] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        local.close()
        Path(path).unlink()
        return found


def test_row_44_nothing_inside_is_connected_to(tmp_path: Path) -> None:
    found = outcomes(tmp_path, named="")
    assert len(found) == 9
    assert set(found.values()) == {"PermissionError"}


def test_row_44_what_the_settings_name_is_and_by_its_number_only(tmp_path: Path) -> None:
    """A name or an odd spelling is looked up where nobody sees it."""
    found = outcomes(tmp_path, named="127.0.0.1")
    refused = {name for name, outcome in found.items() if outcome == "PermissionError"}
    assert refused == {"name", "spelling", "machine", "program"}
    assert {outcome for name, outcome in found.items() if name not in refused} == {"done"}
