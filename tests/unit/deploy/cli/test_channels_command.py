"""`leadstream channels`, as somebody types it, on channels that are real."""

import pytest
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.errors import BadDeploySettings, DeployError, NotDelivered
from tests.contract.people_worlds import Http, card_of, http

RULES = '[[rep]]\nemail = "kim@us.example"\nlanguage = "ko"\n[channels]\nreal_time = ["teams"]\ndigest = ["teams"]\n'


@pytest.fixture
def runner(tmp_path_factory: pytest.TempPathFactory) -> CliRunner:
    rules = tmp_path_factory.mktemp("rules")
    (rules / "routing.toml").write_text(RULES, encoding="utf-8")
    return CliRunner(env={"COLUMNS": "200", "LEADSTREAM_SECRET": "x" * 16, "LEADSTREAM_RULES_DIR": str(rules)})


def teams(far: Http) -> dict[str, str]:
    url = f"http://127.0.0.1:{far.server_port}/secret"
    return {"LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "127.0.0.1", "LEADSTREAM_TEAMS__URL": url}


def refused(runner: CliRunner, *arguments: str, **environ: str) -> DeployError:
    result = runner.invoke(app, ["channels", *arguments], env=environ)
    assert isinstance(result.exception, DeployError), result.output
    return result.exception


def test_a_test_goes_the_way_of_alerts_in_the_readers_language(runner: CliRunner) -> None:
    with http() as far:
        for to in ((), ("--to", "kim@us.example")):
            result = runner.invoke(app, ["channels", "test", "teams", *to], env=teams(far))
            assert (result.exit_code, result.output) == (0, "✓ teams took it\n")
        titles = [card_of(body)["body"][0]["inlines"][0]["text"] for body in far.bodies]
    assert [title.partition(":")[0] for title in titles] == ["A test from Leadstream", "Leadstream 테스트 메시지"]


def test_what_the_receiver_says_is_said_without_its_address(runner: CliRunner) -> None:
    with http() as far:
        far.planned.append((404, {}))
        error = refused(runner, "test", "teams", **teams(far))
    assert (type(error), str(error)) == (NotDelivered, "teams: refused with 404")


def test_a_channel_that_is_not_set_up_or_that_a_machine_reads_is_not_tried(runner: CliRunner) -> None:
    assert str(refused(runner, "test", "mail")) == "mail is not set up here; set up are: none"
    assert "a machine reads there" in str(refused(runner, "test", "webhook"))


def test_the_list_says_what_is_set_up_and_what_it_takes(runner: CliRunner) -> None:
    result = runner.invoke(
        app, ["channels", "list"], env={
            "LEADSTREAM_TEAMS__URL": "https://flows.example/secret",
            "LEADSTREAM_MAIL__HOST": "smtp.example", "LEADSTREAM_MAIL__SENDER": "a@us.example",
        },
    )  # fmt: skip
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in result.output.splitlines()}
    assert lines["teams"] == "set up, takes real_time and digest"
    assert lines["mail"] == "set up, takes nothing: name it in routing.toml"
    assert lines["webhook"] == "not set up"


def test_a_wrong_setting_is_named(runner: CliRunner) -> None:
    error = refused(runner, "list", LEADSTREAM_TEAMS__URL="flows")
    assert isinstance(error, BadDeploySettings)
    assert "LEADSTREAM_TEAMS__URL" in str(error)
