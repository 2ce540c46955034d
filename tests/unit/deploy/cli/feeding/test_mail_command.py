"""`leadstream mail link`: what it prints is what a collector with the same keys takes."""

import json
import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.root import app
from deploy.errors import BadDeploySettings
from producers.mail.links import Links
from schemas.ids import Naming

KEY = "a key of links with 32 characters"
SECRET = "no secret, only long enough"
ENV = {
    "LEADSTREAM_MAIL__KEYS": f"2026={KEY}", "LEADSTREAM_COLLECTOR__PUBLIC_URL": "https://m.example.com/",
    "LEADSTREAM_SECRET": SECRET,
}  # fmt: skip
ASKED = ("--lead", "Ann@acme.example", "--message", "spring-1", "--to", "https://www.example.com/a")


def run(*arguments: str, env: dict[str, str], home: Path) -> Result:
    bare = {name: None for name in os.environ if name.startswith("LEADSTREAM_")}
    return CliRunner().invoke(app, ["mail", "link", *arguments, "--home", str(home)], env=bare | env)


def test_each_link_names_lead_message_target_and_number(tmp_path: Path) -> None:
    answer = run(*ASKED, "--to", "https://www.example.com/b", "--program", "spring", "--json", env=ENV, home=tmp_path)
    made = json.loads(answer.output)
    for number, (url, path) in enumerate(zip(made["links"], "ab", strict=True), 1):
        assert url.startswith("https://m.example.com/m/c/2026.")
        token = url.removeprefix("https://m.example.com/m/c/")
        found = Links({"2026": KEY}, days=1).link("click", token, now_ms=time.time_ns() // 1_000_000)
        assert found.lead_id == Naming(SECRET.encode()).lead_of_email("ann@acme.example")
        assert (found.message_id, found.to, found.number, found.program_id) == (
            "spring-1", f"https://www.example.com/{path}", str(number), "spring",
        )  # fmt: skip
    assert made["headers"]["List-Unsubscribe"] == f"<{made['unsubscribe']}>"


def test_without_json_it_is_what_one_pastes(tmp_path: Path) -> None:
    shown = run(*ASKED, env=ENV, home=tmp_path).output
    assert '<img src="https://m.example.com/m/o/2026.' in shown
    assert "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in shown
    untracked = run(*ASKED, "--untracked", env=ENV, home=tmp_path).output
    assert "link 1\nhttps://www.example.com/a\n" in untracked
    assert "<img" not in untracked


def test_beside_a_running_up_nothing_need_be_set(tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text(json.dumps({"collector_url": "http://127.0.0.1:8000"}))
    (tmp_path / "secrets.json").write_text(json.dumps({"secret": SECRET, "mail_keys": f"up={KEY}"}))
    assert "http://127.0.0.1:8000/m/c/up." in run(*ASKED, env={}, home=tmp_path).output


@pytest.mark.parametrize(
    ("changes", "arguments", "said"),
    [
        ({"LEADSTREAM_MAIL__KEYS": ""}, ASKED, "LEADSTREAM_MAIL__KEYS is not set"),
        ({"LEADSTREAM_MAIL__KEYS": "2026=short"}, ASKED, "each secret of 32 characters"),
        ({"LEADSTREAM_MAIL__KEYS": f"2026 a={KEY}"}, ASKED, "expected id=secret"),
        ({"LEADSTREAM_COLLECTOR__PUBLIC_URL": ""}, ASKED, "LEADSTREAM_COLLECTOR__PUBLIC_URL is not set"),
        ({}, ("--lead", "ann", *ASKED[2:]), "neither an e-mail address nor a lead id"),
        ({}, (*ASKED[:-1], "javascript:alert(1)"), "no plain address"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_said(
    changes: dict[str, str], arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    answer = run(*arguments, env=ENV | changes, home=tmp_path)
    assert answer.exit_code == 1
    assert isinstance(answer.exception, BadDeploySettings)
    assert said in str(answer.exception)
