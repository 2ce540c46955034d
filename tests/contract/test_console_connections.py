"""Connections of a console: those that say nothing are cut off, and never take its last descriptor."""

import asyncio
import json
import os
import subprocess
import sys
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socket import create_connection

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deploy.local.ports import HOST, free_ports
from streams.console.app import server_of
from tests.integration.bus import wait_until

REQUEST = b"GET / HTTP/1.1\r\nHost: console\r\n\r\n"


def heard(port: int, said: bytes) -> bytes:
    """All that comes until the other side ends it."""
    answer = b""
    with closing(create_connection((HOST, port), timeout=60)) as wire, suppress(ConnectionError):
        wire.sendall(said)
        while more := wire.recv(4_096):
            answer += more
    return answer


@pytest.mark.parametrize(
    "said", [pytest.param(b"", id="nothing"), pytest.param(REQUEST[:20], id="half"), pytest.param(REQUEST, id="kept")]
)
async def test_who_says_nothing_more_is_cut_off(said: bytes) -> None:
    async def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("a page")

    (port,) = free_ports(1)
    server = server_of(Starlette(routes=[Route("/", page)]), HOST, port, silent_s=0.2)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(answers, port):
                await asyncio.sleep(0.01)
            whole = said == REQUEST
            while not (answer := await asyncio.to_thread(heard, port, said)) and whole:
                pass  # where we ourselves come to say nothing for so long, it ends too early for us
        assert (b"a page" in answer) == whole
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # granian: untyped
        await serving


def answers(port: int, path: str = "/") -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}{path}", timeout=1, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("files", "most"), [(180, [52]), (128, [32])])
def test_all_places_together_leave_descriptors_for_the_console_itself(
    files: int, most: list[int], tmp_path: Path
) -> None:
    port, nobody = free_ports(2)
    told = {
        "LEADSTREAM_SECRET": "no secret, only long enough", "LEADSTREAM_CONSOLE__PORT": str(port),
        "LEADSTREAM_CONSOLE__AUDIT": str(tmp_path / "audit"), "LEADSTREAM_CONSOLE__SESSIONS": "",
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": f"{HOST}:{nobody}", "LEADSTREAM_REDIS__URL": f"redis://{HOST}:{nobody}",
    }  # fmt: skip
    command = ["prlimit", f"--nofile={files}:{files}", sys.executable, "-m", "deploy.console"]
    written = tmp_path / "log"
    with written.open("wb") as log, ExitStack() as crowd:
        child = subprocess.Popen(command, env=os.environ | told, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(port, "/healthz"), within_s=60, what="a console", every_s=0.03)
            for _ in range(2 * files):  # those that find no place wait in the system's queue
                crowd.enter_context(create_connection((HOST, port), timeout=60))
            crowd.close()
            wait_until(lambda: answers(port, "/healthz"), within_s=60, what="the console again", every_s=0.03)
        finally:
            child.kill()
            child.wait(60)
    lines = [json.loads(line) for line in written.read_text().splitlines() if "fewer_connections" in line]
    assert [entry["most"] for entry in lines] == most
