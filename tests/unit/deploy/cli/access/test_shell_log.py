"""What is changed at a shell stands in the console's audit log: by whom, what, and never a secret."""

import os
import pwd
import threading
from pathlib import Path
from time import time_ns

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli.access.shell_log import at_shell
from deploy.cli.root import app
from deploy.errors import BadKeys, BadUsers, NotLogged
from running.private_files import locked
from streams.console.access.audit import Audit, AuditLine, entries
from streams.console.access.session_file import CompanyPerson, opened_sessions, read_sessions
from streams.console.access.user_file import read_user_file

ME = pwd.getpwuid(os.getuid()).pw_name + " (shell)"
PASSWORD, OTHER = "correct horse battery", "another long password"
NOW = time_ns() // 1_000_000


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    for name, file in (("USERS", "users.json"), ("AUDIT", "deep/audit.jsonl"), ("API_KEYS", "keys.json"),
                       ("SESSIONS", "sessions.json")):  # fmt: skip
        monkeypatch.setenv(f"LEADSTREAM_CONSOLE__{name}", str(tmp_path / file))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "audit.jsonl"


def ran(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*arguments], input=typed)


def said(*arguments: str, typed: str | None = None) -> str:
    result = ran(*arguments, typed=typed)
    assert result.exit_code == 0, result.output
    return result.stdout


def lines(log: Path) -> list[tuple[str, str, str, str, int]]:
    return [(one.user, one.what, one.id, one.to, one.answer) for one in entries(log)]


def test_every_change_of_users_is_a_line_and_no_secret_is_in_it(log: Path, tmp_path: Path) -> None:
    said("users", "add", "Ines Duarte", "--role", "operator", "--password-stdin", typed=PASSWORD)
    link = said("users", "add", "Vera", "--link", "--url", "https://console.example")
    said("users", "role", "vera", "leader")
    said("users", "passwd", "Vera", "--password-stdin", typed=OTHER)
    second = said("users", "link", "Vera")
    for what in ("disable", "enable", "signout"):
        said("users", what, "VERA")
    assert lines(log) == [
        (ME, "add user", "Ines Duarte", "operator", 200), (ME, "add user", "Vera", "rep", 200),
        (ME, "give role to user", "Vera", "leader", 200), (ME, "set password of user", "Vera", "", 200),
        (ME, "make a link for user", "Vera", "", 200), (ME, "disable user", "Vera", "", 200),
        (ME, "enable user", "Vera", "", 200), (ME, "end sessions of user", "Vera", "", 200),
    ]  # fmt: skip
    kept = log.read_text()
    tokens = [one.rpartition("/")[2] for text in (link, second) for one in text.splitlines() if "/login/" in one]
    hashes = [one.hash for one in read_user_file(tmp_path / "users.json").users]
    assert len(tokens) == len(hashes) == 2
    assert not [one for one in (PASSWORD, OTHER, *tokens, *hashes) if one in kept]
    assert {one.role for one in entries(log)} == {"shell"}
    assert all(NOW - 1_000 <= one.at <= time_ns() // 1_000_000 for one in entries(log))


def test_keys_of_the_api_are_made_and_ended_by_somebody(log: Path) -> None:
    key = said("api-keys", "create", "crm-sync", "--scope", "leads:read").splitlines()[0]
    said("api-keys", "revoke", key)
    (_, made, key_id, of, _), (_, ended, same, name, _) = lines(log)
    assert (made, of, ended, name) == ("make API key", "crm-sync: leads:read", "revoke API key", "crm-sync")
    assert (key_id[:2], same) == ("a_", key_id)
    assert key not in log.read_text()


def test_what_changes_nothing_is_no_line(log: Path) -> None:
    said("users", "add", "Ines", "--password-stdin", typed=PASSWORD)
    said("users", "list")
    for wrong in (("disable", "Nobody"), ("enable", "Ines"), ("add", "Ines", "--link")):
        assert isinstance(ran("users", *wrong).exception, BadUsers)
    assert isinstance(ran("api-keys", "revoke", "a_none").exception, BadKeys)
    assert len(lines(log)) == 1


def test_without_the_log_nothing_is_changed_and_another_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("users", "add", "Ines", "--password-stdin", typed=PASSWORD)
    before = (tmp_path / "users.json").read_bytes()
    (tmp_path / "full").touch()
    monkeypatch.setenv("LEADSTREAM_CONSOLE__AUDIT", str(tmp_path / "full" / "audit.jsonl"))
    for act in (("users", "signout", "Ines"), ("api-keys", "create", "x", "--scope", "leads:read")):
        error = ran(*act).exception
        assert isinstance(error, NotLogged)
        assert "nothing was changed" in str(error)
        assert "--audit" in str(error)
    assert ((tmp_path / "users.json").read_bytes(), (tmp_path / "keys.json").exists()) == (before, False)
    said("users", "signout", "Ines", "--audit", str(tmp_path / "deep" / "audit.jsonl.shell"))
    listed = said("audit", "list", "--json", "--file", str(tmp_path / "deep" / "audit.jsonl"))
    assert "end sessions of user" in listed


def test_a_log_that_fills_up_in_between_keeps_the_change_away(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("users", "add", "Ines", "--password-stdin", typed=PASSWORD)
    before = (tmp_path / "users.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("streams.console.access.audit.append_line", full)
    assert isinstance(ran("users", "signout", "Ines").exception, NotLogged)
    assert ((tmp_path / "users.json").read_bytes(), len(lines(log))) == (before, 1)


def test_a_change_that_was_noted_and_not_made_is_said_to_be_so(log: Path, tmp_path: Path) -> None:
    said("users", "add", "Ines", "--password-stdin", typed=PASSWORD)
    (tmp_path / f".users.json.{os.getpid()}").mkdir()  # where the new file would be written first
    assert "cannot be written" in str(ran("users", "signout", "Ines").exception)
    assert [one[1:] for one in lines(log)[1:]] == [
        ("end sessions of user", "Ines", "", 200), ("end sessions of user", "Ines", "", 503),
    ]  # fmt: skip


def test_the_line_is_written_under_the_lock_of_the_users(log: Path, tmp_path: Path) -> None:
    said("users", "add", "Ines", "--password-stdin", typed=PASSWORD)
    done = threading.Event()

    def act() -> None:
        said("users", "signout", "Ines")
        done.set()

    with locked(tmp_path / "users.json"):
        other = threading.Thread(target=act)
        other.start()
        assert not done.wait(0.3)
        assert len(lines(log)) == 1
    assert done.wait(20)
    other.join()
    assert len(lines(log)) == 2


def test_it_is_read_together_with_what_the_console_wrote(log: Path) -> None:
    audit = Audit(log)
    audit.write(AuditLine(at=NOW, user="Olga", role="operator", what="disable user", id="Ines", answer=303))
    audit.close()
    said("users", "add", "Ines", "--role", "rep", "--password-stdin", typed=PASSWORD)
    listed = said("audit", "list")
    assert [one in listed for one in ("Olga", "disable user", ME, "add user", "rep")] == [True] * 5
    mine = said("audit", "list", "--user", ME.removesuffix(" (shell)"), "--json").splitlines()
    assert len(mine) == 1
    assert len(said("audit", "list", "--lead", "Ines", "--json").splitlines()) == 2


def test_a_log_that_begins_is_told(log: Path) -> None:
    first = ran("users", "add", "Ines", "--link")
    assert f"A new audit log begins: {log}" in first.stderr
    assert "new audit log" not in ran("users", "link", "Ines").stderr


def test_who_sits_there_is_what_the_kernel_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    monkeypatch.setenv("USER", "somebody else")
    assert at_shell() == (ME, "shell")
    monkeypatch.setattr("os.getuid", lambda: 0)
    monkeypatch.setenv("SUDO_USER", "olga")
    assert at_shell() == ("olga (shell)", "shell as root")
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_000)
    assert at_shell() == ("uid 4000000000 (shell)", "shell")


@pytest.fixture
def came(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.json"
    with opened_sessions(path, now=lambda: NOW) as book:
        for number, email in (("1", "ines@example.com"), ("2", "INES@example.org"), ("3", "")):
            name = "Kim Reyes" if number == "3" else "Ines Duarte"
            book.came(number, CompanyPerson(subject=f"sub-{number}", name=name, role="rep", email=email))
    return path


@pytest.mark.parametrize(
    ("who", "key"), [("Ines@Example.com", "1"), ("ines@example.org", "2"), ("sub-2", "2"), ("kim  reyes", "3")]
)
def test_company_people_are_signed_out_by_what_they_are_known_by(came: Path, log: Path, who: str, key: str) -> None:
    assert "all sessions of" in said("users", "signout-openid", who)
    assert {one for one, person in read_sessions(came).people.items() if person.version} == {key}
    [(user, what, of, _, answer)] = lines(log)
    assert (user, what, f"(sub-{key})" in of, answer) == (ME, "end sessions of company account", True, 200)


@pytest.mark.parametrize(
    ("who", "why"), [("Ines Duarte", "say the subject of one"), ("Vera", "there came: "), ("", "there came: ")]
)
def test_who_may_be_several_or_nobody_stays(came: Path, log: Path, who: str, why: str) -> None:
    before = came.read_bytes()
    error = ran("users", "signout-openid", who).exception
    assert isinstance(error, BadUsers)
    assert why in str(error)
    assert (came.read_bytes(), lines(log)) == (before, [])


def test_a_file_of_sessions_that_is_not_there_is_not_begun(tmp_path: Path) -> None:
    error = ran("users", "signout-openid", "Ines").exception
    assert isinstance(error, BadUsers)
    assert "LEADSTREAM_CONSOLE__SESSIONS" in str(error)
    assert not (tmp_path / "sessions.json").exists()
