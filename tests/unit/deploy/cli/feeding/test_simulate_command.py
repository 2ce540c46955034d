"""`leadstream simulate`: to whom the story is told."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.feeding import simulate
from deploy.cli.root import app
from deploy.errors import BadDeploySettings

UP = {"collector_url": "http://127.0.0.1:8000", "write_key": "wk_up", "server_key": "sk_up", "pid": os.getpid()}
OTHER = {
    "LEADSTREAM_SIMULATE__COLLECTOR_URL": "https://in.example.com", "LEADSTREAM_SIMULATE__WRITE_KEY": "wk_other",
    "LEADSTREAM_SIMULATE__SERVER_KEY": "sk_other",
}  # fmt: skip


def run(home: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> tuple[Result, dict[str, str]]:
    """What came of it, and what the story would have been told."""
    told: dict[str, str] = {}
    monkeypatch.setattr(simulate, "become", lambda module: told.update(os.environ, module=module))
    bare = {name: None for name in os.environ if name.startswith("LEADSTREAM_")}
    answer = CliRunner().invoke(app, ["simulate", "--home", str(home)], env=bare | env)
    return answer, {name: value for name, value in told.items() if name == "module" or name in OTHER}


def test_beside_a_running_up_nothing_need_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The empty inbox says no more than `leadstream simulate`."""
    (tmp_path / "up.json").write_text(json.dumps(UP))
    _, told = run(tmp_path, {}, monkeypatch)
    assert told == dict(zip(OTHER, ("http://127.0.0.1:8000", "wk_up", "sk_up"), strict=True)) | {
        "module": "producers.simulate"
    }


def test_the_environment_goes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "up.json").write_text(json.dumps(UP))
    _, told = run(tmp_path, OTHER, monkeypatch)
    assert told == OTHER | {"module": "producers.simulate"}


def test_keys_of_one_collector_are_never_sent_to_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "up.json").write_text(json.dumps(UP))
    url = "LEADSTREAM_SIMULATE__COLLECTOR_URL"
    answer, told = run(tmp_path, {url: OTHER[url]}, monkeypatch)
    assert isinstance(answer.exception, BadDeploySettings)
    assert "LEADSTREAM_SIMULATE__WRITE_KEY, LEADSTREAM_SIMULATE__SERVER_KEY must be set too" in str(answer.exception)
    assert told == {}


def test_what_a_killed_one_left_behind_is_not_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    (tmp_path / "up.json").write_text(json.dumps(UP | {"pid": ended.pid}))
    answer, told = run(tmp_path, {}, monkeypatch)
    assert "run leadstream up" in str(answer.exception)
    assert told == {}


def test_where_nothing_is_up_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, told = run(tmp_path, {}, monkeypatch)
    assert isinstance(answer.exception, BadDeploySettings)
    assert "run leadstream up" in str(answer.exception)
    assert told == {}
