"""What a home keeps: secrets, up.json; who may use it."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.errors import AlreadyUp, BadHome
from deploy.local import environment
from deploy.local.announce import announce, curl_line, forget, tell
from deploy.local.demo.snippet import snippet
from deploy.local.plan import Plan, Ports, Stack
from deploy.local.up import _home
from deploy.local.vault import Secrets, kept_secrets


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    ports = Ports(collector=1001, console=1002, demo=1003, redis=1004, workers=(1005, 1006))
    return Stack(plan=Plan(home=tmp_path, workers=2), secrets=kept_secrets(tmp_path), ports=ports, kafka="127.0.0.1:9")


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)
    assert kept_secrets(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert made != Secrets()


def test_an_older_file_gets_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"secret": "kept for ever, it names every lead"}')
    assert kept_secrets(tmp_path).secret == "kept for ever, it names every lead"
    assert kept_secrets(tmp_path).write_key == kept_secrets(tmp_path).write_key


def test_a_broken_secrets_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(BadHome, match=r"secrets\.json"):
        kept_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_one_home_holds_one_at_a_time(tmp_path: Path) -> None:
    with _home(tmp_path), pytest.raises(AlreadyUp, match="--home"), _home(tmp_path):
        pass
    with _home(tmp_path):
        pass


def test_a_home_that_cannot_be_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadHome, match="--home"), _home(tmp_path / "file" / "home"):
        pass


def test_up_json_says_what_scripts_need(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_WEBHOOK__URL", "http://127.0.0.1:7/alerts")
    tell(stack, link="http://127.0.0.1:1002/login/x", pids={"worker-1": 7})
    said = json.loads((tmp_path / "up.json").read_bytes())
    assert said["collector_url"] == "http://127.0.0.1:1001"
    assert said["console_link"] == "http://127.0.0.1:1002/login/x"
    assert said["pids"] == {"worker-1": 7}
    assert said["worker_urls"] == [f"http://127.0.0.1:{port}" for port in stack.ports.workers]
    assert said["webhook_secret"] == stack.secrets.webhook_secret
    assert stat.S_IMODE((tmp_path / "up.json").stat().st_mode) == 0o600
    forget(tmp_path)
    assert not (tmp_path / "up.json").exists()


def test_the_announcement_can_be_pasted(stack: Stack) -> None:
    console = Console(width=80, record=True, quiet=False, file=Path("/dev/null").open("w"))  # noqa: SIM115
    with console.file:
        announce(console, stack, link="http://127.0.0.1:1002/login/x")
    text = console.export_text()
    pasted = snippet(stack.collector_url, stack.secrets.write_key).splitlines()
    for line in (*pasted, curl_line(stack), "http://127.0.0.1:1002/login/x", "memory only"):
        assert line in text, "in one piece, whatever the terminal's width"


def test_a_webhook_reaches_the_worker_and_gets_a_secret_when_it_has_none(stack: Stack) -> None:
    assert environment.worker(stack, 2, outside={})["LEADSTREAM_WEBHOOK__SECRET"] == stack.secrets.webhook_secret
    for name in ("LEADSTREAM_WEBHOOK__SECRET", "LEADSTREAM_WEBHOOK__SECRET_FILE"):
        assert "LEADSTREAM_WEBHOOK__SECRET" not in environment.worker(stack, 2, outside={name: "x"})


def test_each_worker_has_a_port_and_a_directory_of_its_own(stack: Stack) -> None:
    both = [environment.worker(stack, number, outside={}) for number in (1, 2)]
    for name in ("LEADSTREAM_WORKER__PORT", "LEADSTREAM_WORKER__DATADIR"):
        assert len({one[name] for one in both}) == 2


def test_the_console_has_the_home_s_password_unless_it_has_users(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both it would refuse to start, and name a variable that nobody set."""
    name = "LEADSTREAM_CONSOLE__PASSWORD"
    assert environment.console(stack, outside={})[name] == stack.secrets.console_password
    assert name not in environment.console(stack, outside={"LEADSTREAM_CONSOLE__USERS": "/etc/users.json"})
    for users, said in (("", f"Password  {stack.secrets.console_password}"), ("/u.json", "Users     /u.json")):
        monkeypatch.setenv("LEADSTREAM_CONSOLE__USERS", users)
        console = Console(width=80, record=True, file=StringIO())
        announce(console, stack, link="http://127.0.0.1:1002/login/x")
        assert said in console.export_text()
