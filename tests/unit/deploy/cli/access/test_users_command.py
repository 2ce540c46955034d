"""`leadstream users` and `leadstream audit`, as somebody types them."""

import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.errors import BadKeys, BadUsers
from streams.console.access.audit import Audit, AuditLine
from streams.console.access.sign_ins import SignIn, note_sign_in
from streams.console.access.user_book import UserBook
from streams.console.access.user_file import UserEntry, read_user_file

RUNNER = CliRunner(env={"COLUMNS": "200", "LEADSTREAM_CONSOLE__USERS": "", "LEADSTREAM_CONSOLE__AUDIT": ""})
PASSWORD, OTHER = "correct horse battery", "another long password"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit log lies below where one is."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "users.json"


@pytest.fixture
def ines(file: Path) -> Path:
    """A file with one user."""
    said("users", "add", "Ines Duarte", "--role", "rep", "--password-stdin", "--file", file, typed=PASSWORD)
    return file


def said(*arguments: object, typed: str | None = None) -> str:
    result = RUNNER.invoke(app, [*map(str, arguments)], input=typed)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object, typed: str | None = None) -> str:
    result = RUNNER.invoke(app, [*map(str, arguments)], input=typed)
    assert isinstance(result.exception, BadUsers), result.output
    return str(result.exception)


def only(file: Path) -> UserEntry:
    [entry] = read_user_file(file).users
    return entry


def test_a_user_is_added_and_only_a_hash_is_kept(ines: Path) -> None:
    entry = only(ines)
    assert (entry.name, entry.role, entry.version, entry.disabled_at) == ("Ines Duarte", "rep", 1, None)
    assert PasswordHasher().verify(entry.hash, PASSWORD)
    assert PASSWORD not in ines.read_text()
    assert ines.stat().st_mode & 0o777 == 0o600
    listed = said("users", "list", "--file", ines)
    assert all(one in listed for one in ("Ines Duarte", "rep", "live"))
    assert "argon2" not in listed


def test_a_password_is_asked_for_twice_and_not_shown(file: Path) -> None:
    output = said("users", "add", "Vera", "--file", file, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in output
    assert PasswordHasher().verify(only(file).hash, PASSWORD)


def test_every_change_and_what_it_ends(ines: Path) -> None:
    said("users", "role", "ines duarte", "leader", "--file", ines)
    assert (only(ines).role, only(ines).version) == ("leader", 1)
    said("users", "passwd", "Ines Duarte", "--password-stdin", "--file", ines, typed=OTHER)
    assert PasswordHasher().verify(only(ines).hash, OTHER)
    said("users", "disable", "Ines Duarte", "--file", ines)
    assert only(ines).disabled_at is not None
    assert "disabled" in said("users", "list", "--file", ines)
    said("users", "enable", "Ines Duarte", "--file", ines)
    said("users", "signout", "Ines Duarte", "--file", ines)
    assert (only(ines).disabled_at, only(ines).version) == (None, 4)


def test_a_link_stands_in_for_a_password(file: Path) -> None:
    made = said("users", "add", "Vera", "--link", "--url", "https://console.example/", "--file", file)
    first = next(one for one in made.splitlines() if "/login/password/" in one)
    assert first.startswith("https://console.example/login/password/")
    assert (only(file).hash, first.rpartition("/")[2] in file.read_text()) == ("", False)
    assert "no password yet" in said("users", "list", "--file", file)
    again = said("users", "link", "vera", "--file", file)
    assert "\n/login/password/" in again
    assert "LEADSTREAM_CONSOLE__PUBLIC_URL" in again
    assert said("users", "link", "--help")
    book = UserBook(read_user_file(file).users, at=only(file).created_at)
    token = next(one for one in again.splitlines() if one.startswith("/login")).rpartition("/")[2]
    assert (book.behind(token), book.behind(first.rpartition("/")[2])) == (only(file), None)


def test_the_last_operator_stays_unless_one_insists(ines: Path) -> None:
    said("users", "role", "Ines Duarte", "operator", "--file", ines)
    for what in (("disable", "Ines Duarte"), ("role", "Ines Duarte", "rep")):
        assert "last operator who can sign in" in refused("users", *what, "--file", ines)
    said("users", "disable", "Ines Duarte", "--even-last", "--file", ines)
    assert only(ines).disabled_at is not None


def test_the_list_says_when_somebody_was_there(ines: Path) -> None:
    note_sign_in(ines, "Ines Duarte", SignIn(at=1_795_653_000_000, language="ko"))
    assert "2026-11-26" in said("users", "list", "--file", ines).partition("last sign-in")[2]
    ines.with_name("users.json.sign-ins").write_text("[")
    assert "Ines Duarte" in said("users", "list", "--file", ines)


@pytest.mark.parametrize(
    ("arguments", "typed", "why"),
    [
        (("add", "INES duarte", "--password-stdin"), PASSWORD, "is there already"),
        (("add", "Vera", "--password-stdin"), "short", "12 to 1000 characters"),
        (("disable", "Vera"), None, "there are: Ines Duarte"),
        (("passwd", "Vera"), None, "no user is called Vera"),
        (("enable", "Ines Duarte"), None, "is not disabled"),
    ],
)
def test_what_cannot_be_changes_nothing(
    ines: Path, arguments: tuple[str, ...], typed: str | None, why: str
) -> None:
    before = ines.read_bytes()
    assert why in refused("users", *arguments, "--file", ines, typed=typed)
    assert ines.read_bytes() == before


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    assert "leadstream users add" in refused("users", "list", "--file", tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[]")
    assert "is no user file" in refused("users", "signout", "Ines", "--file", tmp_path / "bad.json")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    audit = Audit(path)
    old, late = 1_000, 4_000_000_000_000
    audit.write(AuditLine(at=old, user="Ines Duarte", role="rep", what="lead", id="lead-a"))
    audit.write(AuditLine(at=late, user="Ines Duarte", role="rep", what="account", id="a.example", leads=("lead-a",)))
    audit.write(AuditLine(at=late, user="Vera", role="viewer", what="alert", id="al_1", leads=("lead-b", "lead-c")))
    audit.close()
    return path


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((), ["lead", "account", "alert"]),
        (("--lead", "lead-a"), ["lead", "account"]),
        (("--lead", "lead-c"), ["alert"]),
        (("--lead", "al_1"), ["alert"]),
        (("--user", "ines duarte"), ["lead", "account"]),
        (("--since", "7d"), ["account", "alert"]),
        (("--since", "7d", "--user", "Vera", "--lead", "lead-a"), []),
    ],
)
def test_who_saw_whom(log: Path, wanted: tuple[str, ...], found: list[str]) -> None:
    lines = said("audit", "list", *wanted, "--json", "--file", log).splitlines()
    assert [json.loads(one)["what"] for one in lines] == found


def test_the_log_for_people(log: Path) -> None:
    text = said("audit", "list", "--file", log)
    assert all(one in text for one in ("1970-01-01 00:00:01Z", "Ines Duarte", "viewer", "al_1", "2 leads"))


def test_a_log_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "LEADSTREAM_CONSOLE__AUDIT" in refused("audit", "list", "--file", tmp_path / "none")
    result = RUNNER.invoke(app, ["audit", "list", "--since", "soon"])
    assert isinstance(result.exception, BadKeys)
