"""A Slack channel of a test, with its far end."""

from time import time_ns

from streams.channels.slack.channel import SlackChannel
from streams.channels.slack.places import SlackPlaces
from streams.channels.words.message import Words
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from tests.contract.slack_stub import TOKEN, SlackStub
from tests.unit.core.made import NAMING, example_rules

__all__ = ["CHANNEL", "SUN", "SUNS_CHANNEL", "slack_channel"]

CHANNEL, SUNS_CHANNEL = "C0000000001", "D0000000002"
ROUTING = """
[[rep]]
email = "sun@us.example"
language = "ko"
"""
SUN = NAMING.recipient_of("sun@us.example")
RULES = example_rules(routing=ROUTING)


def slack_channel(stub: SlackStub, *, token: str = TOKEN, answers: bool = True) -> SlackChannel:
    """As after a start: it remembers nothing."""
    places = SlackPlaces(
        api_url=stub.api_url, hook=stub.api_url + "hook", channel=CHANNEL, by_recipient={SUN: SUNS_CHANNEL}
    )
    return SlackChannel(
        places, token=token, outgoing=Outgoing(Reach(frozenset({"127.0.0.1"}))), answers=answers,
        words=Words(RULES.routing, console_url="https://c.example"), language_of=RULES.routing.language_of,
        now=lambda: time_ns() // 1_000_000,
    )  # fmt: skip
