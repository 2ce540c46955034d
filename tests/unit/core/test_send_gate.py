"""May we mail, and if not, why not and until when."""

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from schemas.cards import LeadCard, MailFlags
from streams.core.mail.send_gate import NOT_MAILED, Code, MailAnswer, No, may_mail
from streams.core.rules import load_rules
from tests.unit.core.crowd import Crowd
from tests.unit.core.made import DAY, HOUR, NAMING, NOW, RULES, files, mailed
from tests.unit.core.told import browser, decided, did, read

OPT_IN = load_rules(
    files() | {"stages.toml": files()["stages.toml"].replace('mode = "opt_out"', 'mode = "opt_in"')}, naming=NAMING
)


def card(**more: Any) -> LeadCard:
    """Ann, who reads and has an address."""
    done = did(read("/pricing", NOW), email="ann@acme.example")
    crowd = Crowd().hears(browser(done, offset=1, visitor="v-ann", to="ann"))
    return replace(crowd.cards()["ann"], **more)


def asked(who: LeadCard | None, **more: Any) -> MailAnswer:
    return may_mail(who, **{"now": NOW, "behind_ms": 2_000, "rules": RULES, **more})


def codes(answer: MailAnswer) -> list[str]:
    return [one.code for one in answer.reasons]


def test_a_mail_may_go_to_whom_nothing_is_known_against() -> None:
    answer = asked(card())
    assert (answer.may, answer.reasons, answer.until) == (True, (), None)


@pytest.mark.parametrize(
    ("more", "code", "until"),
    [
        ({"merged_into": "ben"}, "merged", None),
        ({"email": ""}, "no_address", None),
        ({"stage": "dead_end"}, "dead_end", None),
        ({"mail": MailFlags(bounced_at=NOW - DAY)}, "bounced", None),
        ({"mail": MailFlags(complained_at=NOW - DAY)}, "complained", None),
        ({"mail": MailFlags(unsubscribed_at=NOW - DAY)}, "unsubscribed", None),
        ({"traits": {"marketing_consent": "No"}}, "no_consent", None),
        ({"mail_stop_until": NOW + 1}, "hold", NOW + 1),
        ({"stage": "meeting"}, "pause", None),
        ({"stage": "consultation"}, "pause", None),
        ({"stage": "won"}, "pause", None),
        ({"mail": MailFlags(mailed_at=NOW - 47 * HOUR)}, "frequency", NOW + HOUR),
    ],
)
def test_each_reason_says_until_when(more: dict[str, Any], code: str, until: int | None) -> None:
    answer = asked(card(**more))
    assert (answer.may, codes(answer), answer.until) == (False, [code], until)


@pytest.mark.parametrize(
    "more",
    [{"mail_stop_until": NOW}, {"mail": MailFlags(mailed_at=NOW - 48 * HOUR)}, {"stage": "mql"}, {"stage": "recycle_a"},
     {"traits": {"marketing_consent": "yes"}}],
)  # fmt: skip
def test_what_is_over_is_no_reason(more: dict[str, Any]) -> None:
    assert asked(card(**more)).may


def test_it_fails_closed() -> None:
    assert codes(asked(None)) == ["unknown_lead"]
    assert codes(asked(card(), behind_ms=None)) == ["old_card"]
    assert codes(asked(card(), behind_ms=60_001)) == ["old_card"]
    assert asked(card(), behind_ms=60_000).may


def test_all_reasons_are_told_the_weightiest_first_and_the_longest_decides() -> None:
    who = card(mail_stop_until=NOW + 30 * DAY, mail=MailFlags(mailed_at=NOW - HOUR))
    answer = asked(who)
    assert answer.reasons == (No("hold", NOW + 30 * DAY), No("frequency", NOW + 47 * HOUR, NOW - HOUR))
    assert answer.until == NOW + 30 * DAY
    assert asked(replace(who, stage="dead_end")).until is None
    assert codes(asked(replace(who, stage="dead_end"))) == ["dead_end", "hold", "frequency"]


def test_what_they_asked_for_stops_only_where_it_cannot_arrive() -> None:
    flags = MailFlags(unsubscribed_at=NOW - DAY, mailed_at=NOW - HOUR)
    who = card(mail_stop_until=NOW + DAY, mail=flags, traits={"marketing_consent": "no"})
    assert asked(who, purpose="transactional").may
    bounced = replace(who, mail=replace(flags, bounced_at=NOW))
    assert codes(asked(bounced, purpose="transactional")) == ["bounced"]


def test_where_consent_must_be_given_silence_is_none() -> None:
    assert codes(asked(card(), rules=OPT_IN)) == ["no_consent"]
    assert asked(card(traits={"marketing_consent": "granted"}), rules=OPT_IN).may


def test_it_reads_what_the_core_says() -> None:
    """Ask A22. From messages to the answer: set back, mailed, unsubscribed, and back again."""
    done = did(read("/pricing", NOW), email="ann@acme.example")
    crowd = Crowd().hears(browser(done, offset=1, to="ann"), decided("requested", "demo", at=NOW - HOUR, to="ann"))
    assert codes(asked(crowd.cards()["ann"])) == []
    crowd.hears(decided("disposition", "not_now", at=NOW, to="ann"))
    answer = asked(crowd.cards()["ann"])
    assert answer.reasons == (No("hold", NOW + 90 * DAY),)
    crowd.hears(replace(mailed("unsubscribed", NOW + 1), to="ann"))
    assert codes(asked(crowd.cards()["ann"])) == ["unsubscribed", "hold"]
    crowd.hears(decided("opted_in", "", at=NOW + 2, to="ann"), replace(mailed("subscribed", NOW + 3), to="ann"))
    assert asked(crowd.cards()["ann"]).may


def test_every_reason_has_its_words() -> None:
    assert set(NOT_MAILED) == set(get_args(Code))
