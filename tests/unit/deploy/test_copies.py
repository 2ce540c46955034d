"""The files beside Kafka in a backup: book of rules, users, keys. Whole, checked, never written over unasked."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from pydantic import BaseModel, SecretStr
from typer.testing import CliRunner

from deploy.cli.kept.backup import SECRETS
from deploy.cli.root import app
from deploy.errors import BadBackup
from deploy.upkeep.copies import KINDS, bring_back, places, read_copies, read_files, write_copies
from deploy.upkeep.manifest import read_manifest, write_manifest
from producers.settings import Settings as ProducerSettings
from streams.console.access.user_file import read_user_file
from streams.rules_book import Published, RulesBook
from streams.settings import Settings
from tests.unit.deploy.test_upkeep import MANIFEST

PASSWORD = "correct horse battery"
# How a Redis and a Kafka are reached: theirs, and others where another cluster is restored into.
ADDRESSES = {"LEADSTREAM_REDIS__URL", "LEADSTREAM_KAFKA__PASSWORD", "LEADSTREAM_KAFKA__CLIENT_KEY_PASSWORD"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation with all four files, made by the commands that make them."""
    home = tmp_path / "home"
    for kind in KINDS[1:]:
        monkeypatch.setenv(kind.setting, str(home / kind.name))
    monkeypatch.delenv(KINDS[0].setting, raising=False)
    monkeypatch.setenv("LEADSTREAM_CONSOLE__AUDIT", str(home / "audit.jsonl"))
    RulesBook(home / "rules.jsonl").write(Published(at=1, version="r1", files={"stages.toml": "x"}, by="Ines"))
    said("users", "add", "Ines Duarte", "--password-stdin", typed=PASSWORD)
    said("keys", "create", "site")
    said("api-keys", "create", "crm-sync", "--scope", "leads:read")
    return home


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    """Of these files alone: what comes out of Kafka is tested on real brokers."""
    place = tmp_path / "backup"
    place.mkdir()
    write_manifest(place, replace(MANIFEST, copies=write_copies(place, read_files(places(home)))))
    return place


def said(*arguments: object, typed: str | None = None) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*map(str, arguments)], input=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def contents(home: Path) -> dict[str, bytes]:
    return {kind.name: (home / kind.name).read_bytes() for kind in KINDS if (home / kind.name).exists()}


def test_all_four_come_back_into_an_empty_home_as_they_were(home: Path, backup: Path) -> None:
    before = contents(home)
    assert len(before) == 4
    for name in before:
        (home / name).unlink()
    output = said("backup", "files", backup, "--home", home)
    assert output.count("brought back to") == 4
    assert contents(home) == before
    assert {(home / name).stat().st_mode & 0o777 for name in before} == {0o600}
    assert read_user_file(home / "users.json").users[0].name == "Ines Duarte"
    assert RulesBook(home / "rules.jsonl").published()[0].by == "Ines"
    assert said("backup", "files", backup, "--home", home).count("says the same already") == 4


def test_a_backup_holds_hashes_and_is_for_its_owners_eyes(home: Path, backup: Path) -> None:
    copies = list((backup / "files").iterdir())
    assert {one.stat().st_mode & 0o777 for one in copies} == {0o600}
    assert (backup / "files").stat().st_mode & 0o777 == 0o700
    assert not any(PASSWORD.encode() in one.read_bytes() for one in copies)
    assert said("backup", "verify", backup).count("bytes") == 4


def test_what_is_there_is_left_unless_one_says_so_and_lies_beside_then(home: Path, backup: Path) -> None:
    said("users", "disable", "Ines Duarte")
    (home / "keys.json").unlink()
    newer = contents(home)
    output = said("backup", "files", backup, "--home", home)
    assert ("was left as it is" in output, "keys.json: brought back" in output) == (True, True)
    assert (home / "users.json").read_bytes() == newer["users.json"]
    output = said("backup", "files", backup, "--home", home, "--replace")
    assert "what was there is beside it" in output
    assert (home / "users.json.before-restore").read_bytes() == newer["users.json"]
    assert read_user_file(home / "users.json").users[0].disabled_at is None
    said("users", "disable", "Ines Duarte")
    with pytest.raises(BadBackup, match="is there from another time"):
        bring_back(read_copies(backup, read_manifest(backup).copies), places(home), replace=True)
    assert (home / "users.json.before-restore").read_bytes() == newer["users.json"]


def test_what_has_no_place_here_is_said_and_what_is_not_there_is_not_in_it(
    home: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSTREAM_COLLECTOR__KEYS", "")
    output = said("backup", "files", backup, "--home", home)
    assert "keys.json: not brought back, LEADSTREAM_COLLECTOR__KEYS is not set here" in output
    assert set(places(home)) == {"rules.jsonl", "users.json", "api-keys.json"}
    (home / "rules.jsonl").unlink()
    assert set(read_files(places(home))) == {"users.json", "api-keys.json"}


def test_a_file_that_cannot_be_read_stops_a_backup(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_CONSOLE__USERS", str(home))
    with pytest.raises(BadBackup, match=r"home: Is a directory"):
        read_files(places(home))


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone"])
def test_a_damaged_copy_is_no_backup_and_brings_nothing_back(home: Path, backup: Path, harm: str) -> None:
    path = backup / "files" / "api-keys.json"
    raw = path.read_bytes()
    path.unlink()
    if harm != "gone":
        path.write_bytes(raw[:-1] if harm == "cut" else bytes([raw[0] ^ 1]) + raw[1:])
    (home / "rules.jsonl").unlink()
    for command in ("verify", "files"):
        result = CliRunner().invoke(app, ["backup", command, str(backup)])
        assert isinstance(result.exception, BadBackup), result.output
        assert "api-keys.json" in str(result.exception)
    assert not (home / "rules.jsonl").exists()


def test_a_manifest_leads_nowhere_outside_its_directory(home: Path, backup: Path, tmp_path: Path) -> None:
    manifest = read_manifest(backup)
    outside = replace(manifest.copies[0], file="../../home/rules.jsonl")
    assert read_copies(backup, (outside,))[outside.name] == (backup / "files" / "rules.jsonl").read_bytes()
    (backup / "files" / "rules.jsonl").unlink()
    with pytest.raises(BadBackup, match=r"files/rules\.jsonl"):
        read_copies(backup, (outside,))


def test_a_backup_of_a_former_release_has_no_copies(tmp_path: Path, home: Path) -> None:
    write_manifest(tmp_path, MANIFEST)
    raw = (tmp_path / "manifest.json").read_text().replace('"copies": []', '"former": true')
    (tmp_path / "manifest.json").write_text(raw)
    assert read_manifest(tmp_path).copies == ()
    assert said("backup", "files", tmp_path, "--home", home) == "This backup holds no such file.\n"


def secrets(model: type[BaseModel], prefix: str = "LEADSTREAM_") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from secrets(inner, f"{prefix}{name.upper()}__")
        elif "SecretStr" in str(inner) or inner is SecretStr:
            yield f"{prefix}{name.upper()}"


def test_every_secret_of_a_process_is_kept_by_backup_keys() -> None:
    known = {*secrets(Settings), *secrets(ProducerSettings)} - ADDRESSES
    assert "LEADSTREAM_MAIL__KEYS" in known
    assert known - {f"LEADSTREAM_{one}" for one in SECRETS} == set()


def test_a_secret_of_several_lines_is_one_that_a_shell_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_SECRET", "x" * 16)
    monkeypatch.setenv("LEADSTREAM_APPRISE__ADDRESSES", "[reps]\nkim = 'json://x'")
    said("backup", "keys", tmp_path / "keys.env")
    text = (tmp_path / "keys.env").read_text()
    assert f"LEADSTREAM_SECRET={'x' * 16}\n" in text
    assert "LEADSTREAM_APPRISE__ADDRESSES='[reps]\nkim = '\"'\"'json://x'\"'\"''\n" in text
