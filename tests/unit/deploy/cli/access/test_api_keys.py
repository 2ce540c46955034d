"""`leadstream api-keys`, as somebody types it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy.cli.access.api_key_book import read
from deploy.cli.root import app
from deploy.errors import BadKeys
from schemas.api_keys import api_key_digest, counts

RUNNER = CliRunner(env={"COLUMNS": "200", "LEADSTREAM_CONSOLE__API_KEYS": ""})
KEY = re.compile(r"ak_[0-9a-f]{48}")
LATE = 10**15


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit log that is there: who begins one is told so, before the answer."""
    (tmp_path / "audit.jsonl").touch()
    monkeypatch.setenv("LEADSTREAM_CONSOLE__AUDIT", str(tmp_path / "audit.jsonl"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "api_keys.json"


def said(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["api-keys", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


def told(*arguments: object) -> dict[str, Any]:
    return dict(json.loads(said(*arguments, "--json")))


def refused(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["api-keys", *map(str, arguments)])
    assert isinstance(result.exception, BadKeys), result.output
    return str(result.exception)


def test_a_key_is_shown_once_and_only_its_hash_is_kept(file: Path) -> None:
    text = said("create", "crm-sync", "--scope", "leads:read", "--scope", "alerts:act", "--file", file)
    (key,) = KEY.findall(text)
    (entry,) = read(file).keys
    assert (entry.name, entry.scopes, entry.hash) == ("crm-sync", ("alerts:act", "leads:read"), api_key_digest(key))
    assert key not in file.read_text() + said("list", "--file", file)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("by", ["id", "key"])
def test_a_revoked_key_counts_no_more_and_stays_listed(file: Path, by: str) -> None:
    made = told("create", "a", "--scope", "leads:read", "--file", file)
    told("create", "b", "--scope", "leads:read", "--file", file)
    told("revoke", made[by], "--file", file)
    assert [counts(one, now=LATE) for one in read(file).keys] == [False, True]
    assert [bool(one["revoked_at"]) for one in told("list", "--file", file)["keys"]] == [True, False]
    assert "revoked already" in refused("revoke", made[by], "--file", file)


def test_a_key_may_end_by_itself(file: Path) -> None:
    told("create", "a", "--scope", "leads:read", "--expires", "1h", "--file", file)
    (entry,) = read(file).keys
    assert entry.expires_at == entry.created_at + 3_600_000
    assert [counts(entry, now=entry.expires_at + one) for one in (-1, 0)] == [True, False]


def test_what_cannot_be_is_refused_with_what_can(file: Path) -> None:
    assert "there are accounts:read" in refused("create", "a", "--scope", "leads:write", "--file", file)
    assert "no name" in refused("create", " ", "--scope", "leads:read", "--file", file)
    assert "leadstream api-keys create" in refused("list", "--file", file)
    told("create", "a", "--scope", "leads:read", "--file", file)
    assert "known: a_" in refused("revoke", "a_0", "--file", file)
    file.write_text("[]")
    assert "no file of API keys" in refused("list", "--file", file)
