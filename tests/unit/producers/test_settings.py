"""Settings from the environment, and one clear message when they are wrong."""

import socket
from pathlib import Path

import pytest

from producers.collector.__main__ import serve
from producers.errors import BadSettings
from producers.settings import Settings, SimulateSettings, read

SECRET = "LEADSTREAM_SECRET"


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)


def test_everything_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        SECRET: "sixteen characters",
        "LEADSTREAM_WRITE_KEYS": "wk_a=site, id:secret=other",
        "LEADSTREAM_SERVER_KEYS": "sk_a=crm",
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": "k1:9092,k2:9092",
        "LEADSTREAM_KAFKA__PARTITIONS": "12",
        "LEADSTREAM_KAFKA__EPOCH": "3",
        "LEADSTREAM_COLLECTOR__CORS_ORIGINS": "https://a.example https://b.example",
        "LEADSTREAM_SPOOL__DIRECTORY": "/var/lib/leadstream/spool",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read(Settings)
    assert settings.write_keys == {"wk_a": "site", "id:secret": "other"}
    assert settings.server_keys == {"sk_a": "crm"}
    assert (settings.kafka.bootstrap_servers, settings.kafka.partitions) == ("k1:9092,k2:9092", 12)
    assert settings.collector.cors_origins == ("https://a.example", "https://b.example")
    assert settings.spool.directory == Path("/var/lib/leadstream/spool")
    monkeypatch.setenv("LEADSTREAM_SPOOL__DIRECTORY", "")
    assert read(Settings).spool.directory is None
    assert "sixteen" not in repr(settings)


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file, long enough\n")
    monkeypatch.setenv(f"{SECRET}_FILE", str(tmp_path / "secret"))
    assert read(Settings).secret.get_secret_value() == "from the file, long enough"


def test_a_secret_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe" * 20)
    monkeypatch.setenv(f"{SECRET}_FILE", str(tmp_path / "secret"))
    with pytest.raises(BadSettings, match=f"{SECRET}_FILE: cannot read .*/secret: it is not UTF-8"):
        read(Settings)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LEADSTREAM_KAFKA__PARTITIONS", "many", "LEADSTREAM_KAFKA__PARTITIONS: input should be a valid integer"),
        ("LEADSTREAM_WRITE_KEYS", "wk_a", "LEADSTREAM_WRITE_KEYS: expected key=source"),
        (SECRET, "short", f"{SECRET}: value should have at least 16 items"),
        (f"{SECRET}_FILE", "/does/not/exist", f"{SECRET}_FILE: cannot read /does/not/exist"),
    ],
)
def test_what_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    if not name.startswith(SECRET):
        monkeypatch.setenv(SECRET, "sixteen characters")
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=said.replace("(", r"\(")):
        read(Settings)


def test_the_story_needs_its_three() -> None:
    with pytest.raises(BadSettings, match="LEADSTREAM_SIMULATE__COLLECTOR_URL: is not set"):
        read(SimulateSettings)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS", "kafka", "must be host:port"),
        ("LEADSTREAM_COLLECTOR__HOST", "in.example.com", "must be an address of this machine"),
        ("LEADSTREAM_LOG__LEVEL", "loud", "input should be 'debug', 'info'"),
    ],
)
def test_what_would_end_in_a_traceback_or_in_nothing_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(SECRET, "sixteen characters")
    monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings, match=f"{variable}: {said}"):
        read(Settings)


async def test_a_collector_does_not_start_on_a_port_that_somebody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, "sixteen characters")
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("LEADSTREAM_COLLECTOR__PORT", str(other.getsockname()[1]))
        with pytest.raises(BadSettings, match=r"^LEADSTREAM_COLLECTOR__HOST and __PORT: 127\.0\.0\.1:\d+: .*in use$"):
            await serve(read(Settings))
