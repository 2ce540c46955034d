"""Two real consoles on one file of ends: what one ended is over in the other, and after a SIGKILL and a flush."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from redis import Redis

from deploy.local.embedded import embedded_valkey
from deploy.local.ports import free_ports
from streams.console.access.user_book import opened
from tests.browser.consoles import started
from tests.browser.product import SEEN_S, eventually

PASSWORD = "correct horse battery"


@contextmanager
def a_console(valkey: str, place: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    told = {"USERS": "users.json", "AUDIT": "audit.jsonl", "SESSIONS": "sessions.json"}
    process = started(valkey, port, **{f"CONSOLE__{name}": str(place / file) for name, file in told.items()})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_end_holds_in_both_and_after_a_kill(tmp_path: Path) -> None:
    with opened(tmp_path / "users.json", new=True) as book:
        book.add("Ines Duarte", "rep", PASSWORD)
    one, other = free_ports(2)
    browser = httpx.Client(trust_env=False, timeout=SEEN_S)

    def status(port: int, cookies: dict[str, str]) -> int:
        return httpx.get(f"http://127.0.0.1:{port}/me", cookies=cookies, timeout=SEEN_S, trust_env=False).status_code

    with ExitStack() as stack:
        stack.callback(browser.close)
        valkey = stack.enter_context(embedded_valkey())
        first = stack.enter_context(a_console(valkey, tmp_path, one))
        stack.enter_context(a_console(valkey, tmp_path, other))
        signed = browser.post(f"http://127.0.0.1:{one}/login", data={"name": "Ines Duarte", "password": PASSWORD})
        copied = dict(signed.cookies)
        assert [status(port, copied) for port in (one, other)] == [200, 200]
        csrf = re.search(r'name="csrf" value="([^"]+)"', browser.get(f"http://127.0.0.1:{one}/me").text)
        assert csrf is not None
        assert browser.post(f"http://127.0.0.1:{one}/logout", data={"csrf": csrf[1]}).status_code == 303
        first.kill()
        first.wait()
        Redis.from_url(valkey).flushall()
        eventually(lambda: status(other, copied) == 303, timeout_s=SEEN_S, missing="the other console did not hear")
        stack.enter_context(a_console(valkey, tmp_path, one))
        assert status(one, copied) == 303
