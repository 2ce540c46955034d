"""What Slack gets: one message for an alert, its thread, and nothing in it that links, mentions or runs."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from schemas.activity import PageSeen, Version
from schemas.posts import Post
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.slack.channel import SlackChannel
from streams.console.slack.edits import edited
from tests.contract.slack_stub import SlackStub, slack_stub
from tests.contract.slack_worlds import CHANNEL, SUN, SUNS_CHANNEL, slack_channel
from tests.contract.test_channels import ALERT, NOW, digest, edit, post
from tests.unit.console.samples import HOSTILE

NASTY = (
    "<!channel>", "<!here> & <!everyone>", "<@U1>", "<#C1|general>", "<http://evil.example|Invoice>", "`rm -rf`",
    "```x```", "*bold* _x_ ~y~", ":skull:", "&lt;!channel&gt;", "http://evil.example", "@channel", *HOSTILE,
)  # fmt: skip


@pytest.fixture
def stub() -> Iterator[SlackStub]:
    with slack_stub() as one:
        yield one


OPEN: list[SlackChannel] = []


def opened(stub: SlackStub, **options: Any) -> SlackChannel:
    """A channel as after a start."""
    OPEN.append(slack_channel(stub, **options))
    return OPEN[-1]


@pytest_asyncio.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while OPEN:
        await OPEN.pop().close()


def later(occasion: Any = "reminder", offset: int = 500, detail: str = "") -> Post:
    """The alert again, for another reason and with a newer card."""
    alert = replace(ALERT, version=Version(0, offset), updates=3)
    return replace(post(), post_id=f"po_{occasion}{offset}", occasion=occasion, alert=alert, detail=detail)


def texts(block: Any) -> Iterator[dict[str, Any]]:
    """All text objects in it."""
    if isinstance(block, list):
        for one in block:
            yield from texts(one)
    elif isinstance(block, dict):
        if isinstance(block.get("text"), str):
            yield block
        for one in block.values():
            yield from texts(one)


async def test_an_alert_is_six_lines_with_buttons_and_a_link(stub: SlackStub) -> None:
    await opened(stub).deliver(post())
    (sent,) = stub.named("chat.postMessage")
    kinds = [one["type"] for one in sent["blocks"]]
    assert kinds == ["header", "context", *["section"] * 6, "context", "actions"]
    assert sent["blocks"][0]["text"]["text"] == "Northwind Robotics: back after 45 days"
    actions = sent["blocks"][-1]
    assert [one["action_id"] for one in actions["elements"]] == [
        "claim", "contacted", "snooze", "reopen_deal", "dismiss", "open",
    ]  # fmt: skip
    assert actions["block_id"] == f"alert:{ALERT.alert_id}"
    assert actions["elements"][-1]["url"] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert len(json.dumps(sent["blocks"])) < 16_000


async def test_what_nobody_would_hear_has_no_buttons(stub: SlackStub) -> None:
    await opened(stub, answers=False).deliver(post())
    (sent,) = stub.named("chat.postMessage")
    assert [one["action_id"] for one in sent["blocks"][-1]["elements"]] == ["open"]


async def test_inside_a_hold_what_is_not_offered_has_no_button(stub: SlackStub) -> None:
    await opened(stub).deliver(replace(post(), alert=replace(ALERT, offers=("claim",))))
    (sent,) = stub.named("chat.postMessage")
    assert [one["action_id"] for one in sent["blocks"][-1]["elements"]] == ["claim", "open"]


async def test_a_rep_reads_it_where_and_as_he_reads(stub: SlackStub) -> None:
    await opened(stub).deliver(replace(post(), to=SUN))
    (sent,) = stub.named("chat.postMessage")
    assert sent["channel"] == SUNS_CHANNEL
    assert sent["blocks"][0]["text"]["text"] == "Northwind Robotics: 45일 만에 재방문"
    assert sent["blocks"][-1]["elements"][1]["placeholder"]["text"] == "연락함"


@pytest.mark.parametrize("nasty", NASTY)
async def test_row_40_what_came_from_outside_links_and_mentions_nobody(stub: SlackStub, nasty: str) -> None:
    person = replace(ALERT.people[0], name=nasty, title=nasty, email=nasty, reasons=(nasty,))
    deal = replace(ALERT.deal, lost_reason=nasty, lost_stage=nasty, competitor=nasty, currency=nasty)
    page = PageSeen(NOW, 1, nasty, nasty, 5_000, 1)
    alert = replace(ALERT, account_name=nasty, people=(person,), deal=deal, pages=(page,), next_act=nasty,
                    talking_point=nasty)  # fmt: skip
    channel = opened(stub)
    await channel.deliver(replace(post(), alert=alert))
    await channel.deliver(replace(later("taken", detail=nasty), alert=replace(alert, version=Version(0, 501))))
    await channel.deliver(replace(digest(), posts=(replace(post(), alert=alert),)))
    sent = [*stub.named("chat.postMessage"), *stub.named("chat.update")]
    assert len(sent) == 4
    for one in sent:
        assert {one[name] for name in ("link_names", "unfurl_links", "unfurl_media", "mrkdwn")} == {"false"}
        assert one["parse"] == "none"
        found = list(texts(one["blocks"]))
        assert {each["type"] for each in found} == {"plain_text"}
        assert not any(each["emoji"] for each in found)
        for text in (one["text"], *(each["text"] for each in found)):
            bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
            assert not set(bare) & set("&<>"), text


async def test_a_very_long_value_stays_within_slacks_bounds(stub: SlackStub) -> None:
    alert = replace(ALERT, account_name="<&" * 500, next_act="&" * 9_000)
    await opened(stub).deliver(replace(post(), alert=alert))
    (sent,) = stub.named("chat.postMessage")
    assert len(sent["blocks"][0]["text"]["text"]) <= 150
    assert all(len(one["text"]) <= 3_000 for one in texts(sent["blocks"]))


async def test_later_activity_edits_the_message_and_stands_below_it(stub: SlackStub) -> None:
    channel = opened(stub)
    for one in (post(), later(), later(), later("escalation", 501), later("reminder", 400)):
        await channel.deliver(one)
    first, *rest = stub.messages[CHANNEL]
    assert {one["thread_ts"] for one in rest} == {first["ts"]}
    assert stub.post_ids(CHANNEL) == [post().post_id, "po_reminder500", "po_escalation501", "po_reminder400"]
    assert [one["ts"] for one in stub.named("chat.update")] == [first["ts"]] * 2, "an older card changes nothing"
    assert first["blocks"][0]["block_id"] == f"leadstream|{ALERT.alert_id}|{post().post_id}|0|501"
    assert rest[0]["blocks"][0]["text"]["text"] == "Reminder: nobody has claimed this yet."


@pytest.mark.parametrize("page", [1, 100])
async def test_another_process_finds_the_message_and_what_is_in_its_thread(stub: SlackStub, page: int) -> None:
    stub.page = page
    other = replace(post(), post_id="po_other", alert=replace(ALERT, alert_id="al_other"))
    for one in (post(), later(), other, digest()):
        await opened(stub).deliver(one)
    before = stub.post_ids(CHANNEL)
    for one in (post(), later(), other, digest(), post()):
        await opened(stub).deliver(one)
    assert stub.post_ids(CHANNEL) == before
    assert len(before) == 4


async def test_a_message_whose_answer_was_lost_is_not_sent_again(stub: SlackStub) -> None:
    channel = opened(stub)
    for one in (post(), later(), digest()):
        stub.loses_answers = 1
        with pytest.raises(ChannelBusy):
            await channel.deliver(one)
        await channel.deliver(one)
    assert stub.post_ids(CHANNEL) == [post().post_id, "po_reminder500", digest().post_id]


async def test_after_a_press_the_message_is_found_as_before(stub: SlackStub) -> None:
    """The console edits it by `response_url`, with what was shown."""
    await opened(stub).deliver(post())
    (first,) = stub.messages[CHANNEL]
    first["blocks"] = edited(first["blocks"], "claim", "sam has it.")
    await opened(stub).deliver(post())
    await opened(stub).deliver(later())
    assert stub.post_ids(CHANNEL) == [post().post_id, "po_reminder500"]


async def test_two_at_once_make_one_message(stub: SlackStub) -> None:
    channel = opened(stub)
    await asyncio.gather(*(channel.deliver(one) for one in (post(), later(), later("escalation", 501), post())))
    assert len([one for one in stub.messages[CHANNEL] if "thread_ts" not in one]) == 1
    assert len(stub.messages[CHANNEL]) == 3


async def test_where_the_message_was_deleted_a_new_one_begins(stub: SlackStub) -> None:
    channel = opened(stub)
    await channel.deliver(post())
    stub.messages[CHANNEL].clear()
    await channel.deliver(later())
    assert stub.post_ids(CHANNEL) == ["po_reminder500"]
    assert "thread_ts" not in stub.messages[CHANNEL][0]


@pytest.mark.parametrize("error", ["invalid_auth", "not_in_channel", "missing_scope", "ratelimited", "fatal_error"])
async def test_what_an_operator_or_time_can_mend_is_busy_and_named(stub: SlackStub, error: str) -> None:
    stub.plan(200, error=error, retry_after="7")
    channel = opened(stub)
    with pytest.raises(ChannelBusy, match=error) as busy:
        await channel.deliver(post())
    assert busy.value.retry_after_s == 7
    await channel.deliver(post())
    assert stub.post_ids(CHANNEL) == [post().post_id]


async def test_what_slack_will_never_take_is_refused(stub: SlackStub) -> None:
    stub.plan(200, error="invalid_blocks")
    with pytest.raises(ChannelRefused, match="invalid_blocks"):
        await opened(stub).deliver(post())


async def test_a_token_that_is_wrong_is_busy(stub: SlackStub) -> None:
    with pytest.raises(ChannelBusy, match="invalid_auth"):
        await opened(stub, token="xoxb-other").deliver(post())


async def test_slack_that_hangs_is_busy_within_the_deadline(stub: SlackStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.channels.slack.api.DEADLINE_S", 0.2)
    stub.hang.clear()
    async with asyncio.timeout(30):
        with pytest.raises(ChannelBusy, match="no answer in time"):
            await opened(stub).deliver(post())


async def test_a_webhooks_address_alone_posts_once_in_a_process(stub: SlackStub) -> None:
    channel = opened(stub, token="")
    for one in (post(), post(), later(), digest()):
        await channel.deliver(one)
    assert [one["blocks"][0]["type"] for one in stub.messages["hook"]] == ["header"] * 3
    assert {name for name, _ in stub.calls} == {"hook"}


async def test_a_digest_is_one_message_with_links(stub: SlackStub) -> None:
    await opened(stub).deliver(digest())
    (sent,) = stub.named("chat.postMessage")
    assert sent["blocks"][0]["text"]["text"] == "1 lost account is back"
    assert sent["blocks"][1]["accessory"]["url"] == f"https://c.example/alerts/{ALERT.alert_id}"
    assert sent["blocks"][-1]["elements"][0]["text"] == "3 more wait for the next digest."


# ─── what became of an alert
async def test_a_claim_edits_the_message_once_and_tells_nobody_anew(stub: SlackStub) -> None:
    channel = opened(stub)
    await channel.deliver(post())
    for _ in range(2):
        await channel.edit(edit(status="claimed", claimed_by="Rita", offers=("contacted", "snooze")))
    (update,) = stub.named("chat.update")
    assert update["ts"] == stub.messages[CHANNEL][0]["ts"]
    assert "Rita" in json.dumps(update["blocks"][1])
    assert [one["action_id"] for one in update["blocks"][-1]["elements"]] == ["contacted", "snooze", "open"]
    assert len(stub.named("chat.postMessage")) == len(stub.messages[CHANNEL]) == 1


async def test_f25_somebody_who_was_erased_goes_from_the_message_that_stands(stub: SlackStub) -> None:
    """Also after a restart: it is found by its mark."""
    await opened(stub).deliver(post())
    names = [one.name for one in ALERT.people if one.name]
    assert any(name in json.dumps(stub.messages[CHANNEL]) for name in names)
    people = tuple(replace(one, name="", email="", title="") for one in ALERT.people)
    await opened(stub).edit(edit(people=people, updates=ALERT.updates + 1, talking_point=""))
    (message,) = stub.messages[CHANNEL]
    (update,) = stub.named("chat.update")
    assert update["ts"] == message["ts"]
    assert [name for name in names if name in json.dumps([update["text"], update["blocks"]])] == []


async def test_after_a_restart_the_message_is_found_and_an_edit_that_stands_there_is_not_made_again(
    stub: SlackStub,
) -> None:
    await opened(stub).deliver(post())
    for _ in range(2):
        await opened(stub).edit(edit(status="done"))
    assert len(stub.named("chat.update")) == 1
    assert stub.post_ids(CHANNEL) == [post().post_id]


async def test_an_older_edit_that_comes_late_changes_nothing(stub: SlackStub) -> None:
    channel = opened(stub)
    await channel.deliver(post())
    await channel.edit(edit(offset=900, status="done"))
    await channel.edit(edit(offset=800, status="claimed", claimed_by="Rita"))
    assert len(stub.named("chat.update")) == 1


async def test_a_post_that_comes_after_an_edit_stands_in_the_thread_alone(stub: SlackStub) -> None:
    channel = opened(stub)
    await channel.deliver(post())
    await channel.edit(edit(offset=500, status="claimed", claimed_by="Rita"))
    await channel.deliver(later(offset=500))
    assert len(stub.named("chat.update")) == 1
    assert len(stub.messages[CHANNEL]) == 2
    assert "thread_ts" in stub.messages[CHANNEL][1]


async def test_where_nothing_stands_an_edit_writes_nothing(stub: SlackStub) -> None:
    channel = opened(stub)
    receipt = await channel.edit(edit(status="claimed"))
    assert (receipt.outcome, stub.messages.get(CHANNEL, [])) == ("sent", [])
    hook = opened(stub, token="")
    await hook.deliver(post())
    before = len(stub.calls)
    await hook.edit(edit(status="claimed"))
    assert len(stub.calls) == before


async def test_a_message_that_somebody_deleted_is_not_written_again(stub: SlackStub) -> None:
    channel = opened(stub)
    await channel.deliver(post())
    stub.messages[CHANNEL].clear()
    receipt = await channel.edit(edit(status="claimed"))
    assert (receipt.outcome, stub.messages[CHANNEL]) == ("sent", [])
