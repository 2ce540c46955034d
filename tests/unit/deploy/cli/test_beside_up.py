"""Commands that read the settings of a process, beside a `leadstream up`: what they take of it, and what never."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.root import app
from deploy.errors import BadDeploySettings
from deploy.settings import lent

SECRET = "a secret of the home, long enough"
UP = {
    "kafka": "127.0.0.1:1001", "redis": "redis://127.0.0.1:1002/0", "collector_url": "http://127.0.0.1:1003",
    "console_url": "http://127.0.0.1:1004",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "up.json").write_text(json.dumps(UP))
    (tmp_path / "secrets.json").write_text(json.dumps({"secret": SECRET}))
    return tmp_path


def run(*arguments: str, home: Path, **environ: str) -> Result:
    bare = {name: None for name in os.environ if name.startswith("LEADSTREAM_")}
    return CliRunner().invoke(app, [*arguments, "--home", str(home)], env=bare | environ | {"COLUMNS": "200"})


def test_the_settings_are_shown_and_where_they_come_from(home: Path) -> None:
    shown = {line.split()[0]: line for line in run("config", "show", home=home).output.splitlines()}
    assert "127.0.0.1:1001" in shown["LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS"]
    assert shown["LEADSTREAM_SECRET"].endswith("leadstream up")
    assert SECRET not in "".join(shown.values())
    assert shown["LEADSTREAM_KAFKA__PARTITIONS"].split()[1:] == ["4", "default"]


def test_channels_are_listed(home: Path) -> None:
    assert "slack     not set up" in run("channels", "list", home=home).output


def test_an_environment_that_names_a_kafka_is_lent_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")
    assert lent(home) == {}


@pytest.mark.parametrize("arguments", [("config", "show"), ("channels", "list")])
def test_where_nothing_is_up_it_says_which_variable_is_not_set(arguments: tuple[str, ...], tmp_path: Path) -> None:
    answer = run(*arguments, home=tmp_path)
    assert isinstance(answer.exception, BadDeploySettings)
    assert str(answer.exception) == "LEADSTREAM_SECRET: is not set"
