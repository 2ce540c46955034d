"""What `leadstream rejected` understands, and how it prints what strangers sent."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.json import encode
from rich.console import Console
from typer.testing import CliRunner

from deploy.cli.rejected.choice import Choice, patch_of, places_of
from deploy.cli.rejected.shown import Tally, print_list, print_one
from deploy.cli.root import app
from deploy.errors import BadReplay
from schemas.rejected import Envelope, Kept, Reason, Rejected
from streams.replay.replaying import Outcome, Preview
from streams.replay.verdicts import Verdict

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b2J\u202e\r\n"


def choice(**said: Any) -> Choice:
    return Choice(**{"reasons": [], "sources": [], "since": "", "until": "", "text": "", "by": None, **said})


def test_times_are_moments_or_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.cli.rejected.choice.utc_ms", lambda: 1_000_000_000)
    wanted = choice(since="2h", until="2001-09-09T01:46:40Z").wanted()
    assert (wanted.since, wanted.until) == (1_000_000_000 - 7_200_000, 1_000_000_000_000)
    for bad in ("yesterday", "2 weeks", "-1h", "9999999d"):
        with pytest.raises(BadReplay, match="--since"):
            choice(since=bad).wanted()


def test_places_are_as_list_prints_them() -> None:
    assert places_of(["2:991", "0:0"]) == {(2, 991), (0, 0)}
    with pytest.raises(BadReplay, match="x:1, 7"):
        places_of(["2:991", "x:1", "7"])


def test_a_patch_is_text_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "patch.json"
    file.write_text('{"type": "track"}')
    patch = patch_of(f"@{file}", "")
    assert patch is not None
    assert patch({"type": "x"}) == {"type": "track"}
    whole = patch_of("", "@")
    assert whole is not None
    assert whole({"a": 1}) == {"a": 1}
    assert patch_of("", "") is None
    for merge, expression in (("{}", "@"), ("[", ""), ("@nowhere.json", ""), ("", "a..b")):
        with pytest.raises(BadReplay):
            patch_of(merge, expression)


def test_a_patch_may_be_of_what_lies_as_text_in_a_field() -> None:
    patch = patch_of('{"a": 1}', "", "Message")
    assert patch is not None
    assert patch({"Message": '{"b":2}'}) == {"Message": '{"b":2,"a":1}'}
    with pytest.raises(BadReplay, match="--inside Message says where to patch: give --merge or --jmespath"):
        patch_of("", "", "Message")


def test_a_dry_run_prints_the_document_before_and_after_and_so_does_show(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = (encode({"MessageId": "1", "Message": f'{{"said":"{said}"}}'}) for said in ("odd", "good"))
    kept = Kept(0, 7, Rejected(at=1, reason=Reason.MAPPING, detail="said", source="ses", raw=before, door="mail/ses"))
    tally = Tally(as_json=False, dry_run=True, inside="Message")
    tally.hear(Outcome(kept, "replayed", Preview(before=before, after=after, verdict=Verdict(said="accepted"))))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:6] == ["  in Message:", "  @@ -1,3 +1,3 @@", "   {", '  -  "said": "odd"', '  +  "said": "good"']
    print_one(Console(highlight=False, width=200), kept)
    assert '--inside Message patches it)\n{\n  "said": "odd"\n}' in capsys.readouterr().out


def test_row_8_nothing_of_a_stranger_acts_upon_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    record = Rejected(at=10**18, reason=Reason.SCHEMA, detail=HOSTILE, source=HOSTILE, raw=HOSTILE.encode(),
                      topic="[red]t", partition=1, offset=2,
                      envelope=Envelope(received_at=1, user_agent=HOSTILE))  # fmt: skip
    for printed in (print_one, lambda console, kept: print_list(console, [kept])):
        printed(Console(highlight=False, width=200), Kept(0, 1, record))
        said = capsys.readouterr().out
        assert all(c.isprintable() or c == "\n" for c in said), said
        assert "owned" in said


@pytest.mark.parametrize("command", ["list", "show", "replay"])
def test_help_teaches(command: str) -> None:
    told = CliRunner().invoke(app, ["rejected", command, "--help"])
    assert told.exit_code == 0
    assert ("--dry-run" in told.output) == (command == "replay")


def test_a_replay_of_everything_has_to_be_said() -> None:
    told = CliRunner().invoke(app, ["rejected", "replay"])
    assert isinstance(told.exception, BadReplay)
    assert "--all" in str(told.exception)
