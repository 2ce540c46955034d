"""Buttons pressed in Slack are in the audit log as acts of the console are, with who pressed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.signals import AlertAction
from streams.console.access.audit import AuditLine, entries
from streams.console.app import ConsoleOptions, make_app
from streams.console.slack.answers import SlackAnswers
from streams.inbox import MemoryDoor
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from streams.readmodel.reader import Reader
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import ALERT_ID, Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_slack import SIGNING, body, press, wait_for
from tests.unit.console.visitor import Visitor, visiting
from tests.unit.core.made import NAMING, example_rules

NOBODY = "http://127.0.0.1:1/"  # where nobody hears what became of it
RULES = example_rules(routing='[[rep]]\nemail = "kim@us.example"\nname = "Kim Sør"')


@pytest.fixture
def door() -> MemoryDoor:
    return MemoryDoor()


@pytest.fixture
def slack(valkey_url: str, prefix: str, door: MemoryDoor, filled: Samples, audit_log: Path) -> Iterator[Visitor]:
    """Its member U1 is Kim; U2 is none of the reps, though the settings say so; others are unknown."""
    members = {"U1": "kim@us.example", "U2": "gone@us.example"}
    answers = SlackAnswers(SIGNING, outgoing=Outgoing(Reach()), members=members)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, ConsoleOptions(secret=SECRET, audit=audit_log),
                   sight=sight(rules=RULES), slack=answers)  # fmt: skip
    with visiting(app) as somebody:
        yield somebody
        somebody.call(answers.close)


def lines(audit_log: Path, *, count: int) -> list[AuditLine]:
    """So many, once they are there."""
    wait_for(lambda: audit_log.exists() and len(list(entries(audit_log))) >= count)
    return list(entries(audit_log))


def test_a_rep_is_known_by_the_id_of_a_member(slack: Visitor, door: MemoryDoor, audit_log: Path) -> None:
    press(slack, body(NOBODY, user="whatever"))
    (line,) = lines(audit_log, count=1)
    assert (line.user, line.role, line.what, line.id, line.member, line.answer) == (
        "Kim Sør (Slack)", "slack", "act on alert", ALERT_ID, "U1", 303,
    )  # fmt: skip
    (message,) = door.messages
    assert isinstance(message, AlertAction)
    assert message.actor == "Kim Sør (Slack)"
    assert message.by is not None
    assert message.by.recipient_id == NAMING.recipient_of("kim@us.example")


@pytest.mark.parametrize("member", ["U2", "U9"])
def test_a_name_is_nobodys_proof(slack: Visitor, door: MemoryDoor, audit_log: Path, member: str) -> None:
    """Whoever calls himself Kim in Slack is no rep by it."""
    press(slack, body(NOBODY, user="Kim Sør").replace(b"%22id%22%3A+%22U1%22", f"%22id%22%3A+%22{member}%22".encode()))
    (line,) = lines(audit_log, count=1)
    assert (line.user, line.member) == ("Kim Sør (Slack)", member)
    (message,) = door.messages
    assert isinstance(message, AlertAction)
    assert message.by is None


def test_what_was_refused_is_written_too(slack: Visitor, door: MemoryDoor, audit_log: Path) -> None:
    for verb, alert_id in (("claim", "al_closed"), ("claim", "al_nobody"), ("contacted", "al_held")):
        press(slack, body(NOBODY, verb, alert_id=alert_id))
    written = {(one.id, one.answer) for one in lines(audit_log, count=3)}
    assert written == {("al_closed", 409), ("al_nobody", 404), ("al_held", 409)}
    assert door.messages == []


def test_a_closed_door_is_written(slack: Visitor, door: MemoryDoor, audit_log: Path) -> None:
    door.closed = True
    press(slack, body(NOBODY))
    assert [one.answer for one in lines(audit_log, count=1)] == [503]


def test_what_cannot_be_written_down_is_not_done(slack: Visitor, door: MemoryDoor, audit_log: Path) -> None:
    audit_log.parent.mkdir(parents=True)
    audit_log.mkdir()
    press(slack, body(NOBODY))
    slack.call(_ended, slack)
    assert door.messages == []


async def _ended(slack: Visitor) -> None:
    """Until nothing is under way."""
    for task in list(slack.app.state.desk.slack._tasks):
        await task


def test_no_name_of_who_was_seen_is_in_it(slack: Visitor, audit_log: Path) -> None:
    press(slack, body(NOBODY))
    lines(audit_log, count=1)
    assert not [one for one in ("@", "Mara", "Tom", "Vega") if one in audit_log.read_text()]
