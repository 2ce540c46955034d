"""An operator presses *Send a test*: the page says what became of it by itself, as soon as a worker has said so."""

from time import time_ns

import pytest
from playwright.sync_api import BrowserContext, expect

from deploy.local.embedded import embedded_valkey
from streams.console.app import one_time_link
from streams.core.recipient.channel_state import ChannelState, TrialResult, WorkerChannels
from streams.readmodel.channels import ChannelBoard
from streams.readmodel.trials import TrialBoard
from tests.browser.consoles import SECRET, running
from tests.browser.product import SEEN_S, eventually

pytestmark = pytest.mark.browser


def now() -> int:
    return time_ns() // 1_000_000


def test_the_answer_of_a_test_appears_with_what_to_do(person: BrowserContext) -> None:
    with embedded_valkey() as valkey, running(valkey) as url:
        states = tuple(ChannelState(name=one, waiting=0, resting=False, most=1_000) for one in ("mail", "webhook"))
        ChannelBoard.connect(valkey).tell(WorkerChannels(worker="a:1", at=now(), channels=states))
        trials, page, complaints = TrialBoard.connect(valkey), person.new_page(), list[str]()
        page.on("console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None)
        page.goto(one_time_link(SECRET, url))
        page.goto(f"{url}/channels")
        expect(page.locator("#try-webhook").get_by_role("button")).to_have_count(0)
        page.locator("#try-mail").get_by_role("button", name="Send a test").click()
        expect(page.locator("#trials")).to_contain_text("A worker sends the test through mail.")
        trial = eventually(lambda: trials.take(now=now()), timeout_s=SEEN_S, missing="no wish was left")
        page.evaluate("window.sameDocument = true")
        trials.tell(TrialResult(trial_id=trial.trial_id, channel="mail", kind="refused", said="refused with 535",
                                status=535, at=now(), worker="a:1"))  # fmt: skip
        expect(page.locator("#try-mail")).to_contain_text("refused with 535")
        expect(page.locator("#try-mail")).to_contain_text("does not accept our credentials")
        expect(page.locator("#trials")).not_to_contain_text("A worker sends the test through mail.")
        assert page.evaluate("window.sameDocument") is True
        assert complaints == []
