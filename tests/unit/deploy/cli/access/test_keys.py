"""`leadstream keys`, as somebody types it."""

import json
import re
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.access.key_book import opened
from deploy.cli.root import app
from deploy.errors import BadKeys
from producers.collector.door.key_file import KeyEntry, digest, read_key_file, state_of

RUNNER = CliRunner(env={"COLUMNS": "200", "LEADSTREAM_COLLECTOR__KEYS": ""})
PUBLIC, SERVER = re.compile(r"wk_[0-9a-f]{32}"), re.compile(r"sk_[0-9a-f]{48}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "keys.json"


def said(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["keys", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def told(*arguments: object) -> dict[str, str]:
    return dict(json.loads(said(*arguments, "--json")))


def refused(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["keys", *map(str, arguments)])
    assert isinstance(result.exception, BadKeys), result.output
    return str(result.exception)


def only(file: Path) -> KeyEntry:
    [entry] = read_key_file(file).keys
    return entry


def test_a_key_is_shown_once_and_only_its_hash_is_kept(file: Path) -> None:
    output = said("create", "site", "--file", file)
    found = PUBLIC.search(output)
    assert found is not None
    entry = only(file)
    assert (entry.kind, entry.source, entry.hash) == ("public", "site", digest(found[0]))
    assert entry.hint == f"wk_…{found[0][-4:]}"
    assert found[0] not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    listed = said("list", "--file", file)
    assert entry.hint in listed
    assert found[0] not in listed
    assert entry.hash not in listed


def test_a_server_key_is_longer_and_may_end_by_itself(file: Path) -> None:
    one = told("create", "crm", "--kind", "server", "--expires", "90d", "--file", file)
    assert SERVER.fullmatch(one["key"])
    entry = only(file)
    assert entry.expires_at == entry.created_at + 90 * 86_400_000
    assert one["state"] == "ending"


def test_the_file_may_be_named_by_the_environment(file: Path) -> None:
    result = RUNNER.invoke(app, ["keys", "create", "site"], env={"LEADSTREAM_COLLECTOR__KEYS": str(file)})
    assert result.exit_code == 0
    assert only(file).source == "site"


def test_a_revoked_key_stays_in_the_list(file: Path) -> None:
    one = told("create", "site", "--file", file)
    assert told("revoke", one["id"], "--file", file)["state"] == "revoked"
    assert "revoked" in said("list", "--file", file)
    assert "revoked already" in refused("revoke", one["id"], "--file", file)


def test_who_finds_a_leaked_key_can_revoke_it_by_the_key_itself(file: Path) -> None:
    one, other = (told("create", "site", "--file", file) for _ in range(2))
    said("revoke", one["key"], "--file", file)
    states = {entry["id"]: entry["state"] for entry in json.loads(said("list", "--json", "--file", file))["keys"]}
    assert states == {one["id"]: "revoked", other["id"]: "live"}


def test_rotating_makes_a_new_key_and_lets_the_old_one_end_later(file: Path) -> None:
    old = told("create", "crm", "--kind", "server", "--file", file)
    new = told("rotate", old["id"], "--overlap", "12h", "--file", file)
    first, second = read_key_file(file).keys
    assert SERVER.fullmatch(new["key"])
    assert (first.id, second.id, second.source) == (old["id"], new["id"], "crm")
    assert first.expires_at == second.created_at + 12 * 3_600_000
    assert state_of(first, now_ms=second.created_at) == "ending"
    assert state_of(first, now_ms=first.expires_at or 0) == "ended"
    said("rotate", new["id"], "--overlap", "0", "--file", file)
    assert state_of(read_key_file(file).keys[1], now_ms=read_key_file(file).keys[2].created_at) == "ended"
    assert "does not count any more" in refused("rotate", new["id"], "--file", file)


def test_a_shorter_life_is_not_made_longer_by_rotating(file: Path) -> None:
    one = told("create", "site", "--expires", "1h", "--file", file)
    before = only(file).expires_at
    said("rotate", one["id"], "--overlap", "7d", "--file", file)
    assert read_key_file(file).keys[0].expires_at == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("create", "a b"), "no name of a source"),
        (("create", "site", "--expires", "soon"), "no length of time"),
        (("revoke", "k_none"), "is not there: leadstream keys create"),
        (("list",), "is not there: leadstream keys create"),
    ],
)
def test_an_error_says_what_to_do(arguments: tuple[str, ...], reason: str, file: Path) -> None:
    assert reason in refused(*arguments, "--file", file)
    assert not file.exists()


def test_an_unknown_id_names_those_there_are_and_a_broken_file_is_left_alone(file: Path) -> None:
    one = told("create", "site", "--file", file)
    assert one["id"] in refused("revoke", "k_none", "--file", file)
    file.write_text('{"keys": [')
    assert "is no key file" in refused("create", "site", "--file", file)
    assert file.read_text() == '{"keys": ['


def test_two_writers_lose_nothing_and_a_reader_never_sees_half_a_file(file: Path) -> None:
    with opened(file, new=True) as book:
        book.create("public", "first")

    def write() -> None:
        for _ in range(25):
            with opened(file) as book:
                book.create("public", "site")

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    while any(one.is_alive() for one in writers):
        assert read_key_file(file).keys
    for one in writers:
        one.join()
    assert len({entry.id for entry in read_key_file(file).keys}) == 101
    assert sorted(path.name for path in file.parent.iterdir()) == ["keys.json", "keys.json.lock"]
