"""The far end of each channel, in this process: how a worker reaches them, and the text that they got."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.browser.product import Receiver, receiving
from tests.contract.people_worlds import Http, card_of, http
from tests.contract.slack_stub import TOKEN, SlackStub, slack_stub
from tests.contract.smtp_stub import SmtpStub, smtp_stub

__all__ = ["CHANNELS", "FarEnds", "far_ends"]

CHANNELS: Final = ("slack", "teams", "mail", "apprise", "webhook")
SECRET: Final = "whsec_c3RvcnktdGVzdC1zZWNyZXQtMDEyMzQ1Njc4OWFiY2RlZg=="
PLACE: Final = "C0123456789"
ROUTING: Final = """
[channels]
real_time = {channels}
digest = ["console"]
at_once = {channels}

[[rep]]
email = "{rep}"
name = "Rita Sommer"
"""


@dataclass(frozen=True)
class FarEnds:
    """All of them, listening."""

    slack: SlackStub
    teams: Http
    mail: SmtpStub
    apprise: Http
    webhook: Receiver

    def environment(self) -> Mapping[str, str]:
        """Settings of a worker that tells all of them."""
        return {
            "LEADSTREAM_OUTGOING__PRIVATE_HOSTS": "127.0.0.1",
            "LEADSTREAM_SLACK__TOKEN": TOKEN,
            "LEADSTREAM_SLACK__CHANNEL": PLACE,
            "LEADSTREAM_SLACK__SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
            "LEADSTREAM_SLACK__API_URL": self.slack.api_url,
            "LEADSTREAM_TEAMS__URL": f"http://127.0.0.1:{self.teams.server_port}/flow",
            "LEADSTREAM_MAIL__HOST": "127.0.0.1",
            "LEADSTREAM_MAIL__PORT": str(self.mail.port),
            "LEADSTREAM_MAIL__SECURITY": "plain",
            "LEADSTREAM_MAIL__SENDER": "Leadstream <alerts@us.example>",
            "LEADSTREAM_APPRISE__ADDRESSES": f'"*" = ["json://127.0.0.1:{self.apprise.server_port}/"]',
            "LEADSTREAM_WEBHOOK__URL": self.webhook.url,
            "LEADSTREAM_WEBHOOK__SECRET": SECRET,
        }

    def routing(self, rep: str) -> str:
        """A routing.toml by which this rep is told at once, and through all of them."""
        return ROUTING.format(channels=list(CHANNELS), rep=rep)

    def texts(self, channel: str) -> list[str]:
        """The text of each message that came, as one reads it there."""
        return [text for text in getattr(self, f"_{channel}")() if text]

    def slack_message(self) -> dict[str, Any]:
        """The one message that stands there (threads lie below it)."""
        (found,) = [one for one in self.slack.messages.get(PLACE, []) if "thread_ts" not in one]
        return found

    def slack_buttons(self) -> list[str]:
        """What it offers now."""
        return [one["action_id"] for block in self.slack_message()["blocks"] for one in block.get("elements", ())
                if "action_id" in one]  # fmt: skip

    def _slack(self) -> list[str]:
        return ["\n".join(_plain_texts(one["blocks"])) for one in self.slack.messages.get(PLACE, [])]

    def _teams(self) -> list[str]:
        return ["\n".join(_lines_of_card(card_of(body)["body"])) for body in self.teams.bodies]

    def _mail(self) -> list[str]:
        texts = []
        for message in self.mail.messages:
            part = message.get_body(("plain",))
            assert part is not None, "a mail has a text part"
            texts.append(part.get_content())
        return texts

    def _apprise(self) -> list[str]:
        return [f"{body['title']}\n{body['message']}" for body in self.apprise.bodies]

    def _webhook(self) -> list[str]:
        """A program reads it: what the six lines are made of."""
        return [_told_of(body["data"]["alert"]) for _, body in self.webhook.real_time()]


def _plain_texts(blocks: list[dict[str, Any]]) -> Iterator[str]:
    for block in blocks:
        if block["type"] in ("header", "section"):
            yield block["text"]["text"]


def _lines_of_card(elements: list[dict[str, Any]]) -> Iterator[str]:
    for element in elements:
        yield "".join(run["text"] for run in element.get("inlines", ()))


def _told_of(alert: dict[str, Any]) -> str:
    pages = ", ".join(path for _, _, path, *_ in alert["pages"])
    people = ", ".join(person["name"] for person in alert["people"])
    return (
        f"{alert['account_name']}: back after {alert['back_after_days']} days\n"
        f"Lost deal: {alert['deal']['amount']:,.0f}\nWho: {people}\nLooked at: {pages}\n"
        f"Score: R {alert['strength']['strength']}\nNext: {alert['next_act']}"
    )


@contextmanager
def _mail_server() -> Iterator[SmtpStub]:
    """The stub is asynchronous, and a browser test is not: it gets a thread of its own."""
    ready, over, made = threading.Event(), threading.Event(), []

    async def serve() -> None:
        async with smtp_stub() as stub:
            made.append(stub)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30), "the mail server did not start"
    try:
        yield made[0]
    finally:
        over.set()
        thread.join()


@contextmanager
def far_ends() -> Iterator[FarEnds]:
    """They listen while the block lasts."""
    with ExitStack() as stack:
        yield FarEnds(
            slack=stack.enter_context(slack_stub()), teams=stack.enter_context(http()),
            mail=stack.enter_context(_mail_server()), apprise=stack.enter_context(http()),
            webhook=stack.enter_context(receiving(SECRET)),
        )  # fmt: skip
