"""Connections of one collector: a bound for all of them, kept below what the system lets a process open."""

import json
from contextlib import ExitStack
from pathlib import Path
from socket import socket

import pytest

from tests.contract.collector_process import BODY, collector_process, heard
from tests.integration.bus import wait_until

REQUEST = b"POST /v1/batch HTTP/1.1\r\nHost: collector\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.mark.parametrize(
    ("most", "open_files", "said_most"),
    [
        pytest.param("20", None, [], id="setting"), pytest.param("8192", 180, [52], id="system"),
        pytest.param("8192", 128, [32], id="small system"),
    ],
)
def test_f23_above_the_bound_one_waits_until_a_silent_one_is_cut_off_and_nothing_breaks(
    most: str, open_files: int | None, said_most: list[int], tmp_path: Path
) -> None:
    env = {"LEADSTREAM_COLLECTOR__CONNECTIONS": most, "LEADSTREAM_COLLECTOR__HEADER_TIMEOUT_S": "1"}
    with collector_process(tmp_path, open_files=open_files, **env) as one, ExitStack() as held:
        silent = [held.enter_context(one.connect()) for _ in range(60)]
        waiting = held.enter_context(one.connect())
        waiting.sendall(REQUEST)
        assert heard(waiting).status == 200  # it got a place without knocking again
        assert any(wire.recv(1) == b"" for wire in silent[:1])
        wait_until(lambda: one.post().status == 200, within_s=60, what="room for others", every_s=0.01)
        said = [json.loads(line) for line in one.log.read_text().splitlines() if "fewer_connections" in line]
        assert [entry["most"] for entry in said] == said_most
        assert one.child.poll() is None


def test_a_kept_connection_ends_when_nothing_comes_on_it(tmp_path: Path) -> None:
    with collector_process(tmp_path, LEADSTREAM_COLLECTOR__HEADER_TIMEOUT_S="1") as one, ExitStack() as held:
        for _ in range(20):  # where we ourselves come to say nothing for a second, it ends too early for us
            wire = held.enter_context(one.connect())
            if all(asked(wire) == 200 for _ in range(3)):
                break
        else:
            pytest.fail("no connection was kept for three requests")
        assert wire.recv(1) == b""


def asked(wire: socket) -> int:
    """The status, 0 where the connection has ended."""
    try:
        wire.sendall(REQUEST)
    except ConnectionError:
        return 0
    return heard(wire).status


def test_g9_one_network_fills_its_own_places_only(tmp_path: Path) -> None:
    env = {"LEADSTREAM_COLLECTOR__PROXY_HOPS": "1", "LEADSTREAM_LIMITS__REQUESTS_AT_ONCE": "3"}
    crowd, other = "X-Forwarded-For: 198.41.0.7", "X-Forwarded-For: 198.41.1.7"
    begun = REQUEST.replace(b"\r\n\r\n" + BODY, b"\r\n" + crowd.encode() + b"\r\n\r\n{")
    with collector_process(tmp_path, **env) as one, ExitStack() as held:
        for _ in range(3):
            held.enter_context(one.connect()).sendall(begun)
        wait_until(lambda: one.post(BODY, crowd).status == 429, within_s=60, what="a full network", every_s=0.01)
        shed = one.post(BODY, crowd)
        assert (shed.reason(), shed.header("retry-after")) == ("crowd", "1")
        assert one.post(BODY, other).status == 200
        assert one.counted('leadstream_collector_limited_total{by="crowd"}') >= 2
        held.close()
        wait_until(lambda: one.post(BODY, crowd).status == 200, within_s=60, what="room again", every_s=0.01)
