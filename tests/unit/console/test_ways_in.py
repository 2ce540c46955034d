"""What the settings say of ways to come in, and what is refused at the start."""

import socket
from pathlib import Path

import pytest

from streams.console import app
from streams.console.access.user_book import opened
from streams.console.access.ways_in import openid_of, users_of
from streams.errors import SettingsError
from streams.settings import ConsoleSettings, Settings

SECRET = "a secret of sixteen or more"
PROVIDER = {
    "OPENID_ISSUER": "https://id.example", "OPENID_CLIENT_ID": "us", "OPENID_CLIENT_SECRET": "s",
    "OPENID_ROLES": "sales=rep", "PUBLIC_URL": "https://console.example",
}  # fmt: skip


@pytest.fixture
def audit(tmp_path: Path) -> dict[str, str]:
    return {"AUDIT": str(tmp_path / "audit.jsonl")}


def console(said: dict[str, str]) -> ConsoleSettings:
    told = {f"LEADSTREAM_CONSOLE__{name}": value for name, value in said.items()}
    return Settings.from_env({"LEADSTREAM_SECRET": SECRET} | told).console


def test_nothing_said_is_links_only(audit: dict[str, str]) -> None:
    ours = console(audit | {"USERS": ""})
    assert (users_of(ours), openid_of(ours, secret=SECRET)) == (None, None)
    assert ConsoleSettings().audit == Path(".leadstream/audit.jsonl")


def test_users_of_a_file(audit: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "users.json"
    with opened(file, new=True) as book:
        book.add("Ines", "rep", "correct horse battery")
    users = users_of(console(audit | {"USERS": str(file)}))
    assert users is not None
    assert users.named("ines") is not None


def test_a_shared_password_beside_users_is_refused(audit: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="PASSWORD: unset it"):
        users_of(console(audit | {"USERS": str(tmp_path / "users.json"), "PASSWORD": "open sesame"}))


def test_without_a_log_of_looks_it_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="LEADSTREAM_CONSOLE__AUDIT: cannot write"):
        users_of(console({"AUDIT": str(tmp_path / "file" / "audit.jsonl")}))


async def test_on_a_port_that_somebody_has_it_does_not_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        ours = Settings.from_env({"LEADSTREAM_SECRET": SECRET, "LEADSTREAM_CONSOLE__PORT": port})
        with pytest.raises(SettingsError, match=rf"^LEADSTREAM_CONSOLE__HOST and __PORT: .*:{port}: .*in use$"):
            await app._serve(ours, None)


def test_a_provider_needs_all_that_belongs_to_it() -> None:
    assert openid_of(console(PROVIDER), secret=SECRET) is not None
    for missing in set(PROVIDER) - {"OPENID_ISSUER"}:
        with pytest.raises(SettingsError, match="OPENID_ISSUER needs"):
            openid_of(console({name: value for name, value in PROVIDER.items() if name != missing}), secret=SECRET)
