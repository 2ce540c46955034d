"""What an event means: time, person, pages, forms, traits; and what is refused, by reason."""

from typing import Any

import msgspec
import pytest

from schemas.activity import Claim, Milestone, Trait
from schemas.codec import EVENT
from schemas.errors import Undecodable
from schemas.ids import hit_id_of
from schemas.rejected import Reason
from streams.core.events.facts import Filtered, Link
from streams.core.events.site import route
from streams.core.rules import load_rules
from tests.unit.core.made import (
    ANN,
    DAY,
    HOUR,
    NAMING,
    NOW,
    RULES,
    alias,
    delivery,
    engaged,
    facts,
    files,
    identify,
    page,
    routed,
    track,
)

SERVER = delivery(source="crm", trust="proven")
SIGNED = load_rules(files(), naming=NAMING, identity="signed")
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.mark.parametrize(
    ("stamp", "sent_at", "at"),
    [
        pytest.param(NOW - HOUR, None, NOW - HOUR, id="the sender's time"),
        pytest.param(NOW - HOUR, NOW - HOUR + 5_000, NOW - 5_000, id="a clock that is an hour late"),
        pytest.param(NOW + DAY, NOW + DAY + 7_000, NOW - 7_000, id="a clock that is a day early"),
        pytest.param("2026-03-20T09:00:00.000Z", None, NOW - HOUR, id="ISO 8601"),
        pytest.param((NOW - HOUR) // 1_000, None, NOW - HOUR, id="seconds"),
        pytest.param(None, None, NOW, id="no time"),
        pytest.param("soon", NOW, NOW, id="no time that anybody could read"),
        pytest.param(NOW + HOUR, None, NOW, id="the future"),
        pytest.param(NOW - 8 * DAY, None, NOW - 7 * DAY, id="more than a week ago"),
        pytest.param(10**18, None, NOW, id="far too large"),
        pytest.param("55840-01-01", None, NOW, id="year 55840"),
        pytest.param(0, None, NOW, id="1970"),
    ],
)
def test_event_time_is_the_senders_corrected_and_clamped(stamp: Any, sent_at: int | None, at: int) -> None:
    assert facts({**page("/", NOW), "timestamp": stamp}, delivery(sent_at=sent_at)).at == at


def test_a_server_keeps_its_own_past_time() -> None:
    assert facts(page("/", NOW - 400 * DAY), SERVER).at == NOW - 400 * DAY
    assert facts(page("/", NOW + DAY), SERVER).at == NOW


def test_the_time_may_be_called_original_timestamp() -> None:
    event = page("/", NOW)
    event["originalTimestamp"] = event.pop("timestamp") - HOUR
    assert facts(event).at == NOW - HOUR


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "other"), ("/pricing", "pricing"), ("/pricing/", "pricing"), ("/Pricing?x=1#top", "pricing"),
        ("/de/pricing", "pricing"), ("/compare/us-and-them", "comparison"), ("/products/a", "product"),
        ("/docs/start", "docs"), ("/careers/dev", "careers"), ("/security/sso", "security"),
    ],
)  # fmt: skip
def test_a_page_is_of_the_kind_that_its_path_says(path: str, kind: str) -> None:
    (seen,) = facts(page(path, NOW)).pages
    assert seen.kind == kind


@pytest.mark.parametrize(
    "where",
    [
        {"properties": {"url": "https://acme.example/pricing?a=b"}},
        {"properties": {"path": "/pricing"}},
        {"context": {"page": {"url": "https://acme.example/pricing/"}}},
        {"context": {"page": {"path": "/pricing"}}, "properties": {"url": 7}},
        {"name": "Pricing"},
    ],
    ids=["url", "path", "context url", "context path", "name"],
)
def test_where_it_was_may_be_said_in_several_places(where: dict[str, Any]) -> None:
    (seen,) = facts({"type": "page", "messageId": "m", "anonymousId": "v", "timestamp": NOW, **where}).pages
    assert seen.path == "/pricing"


def test_a_page_of_a_measuring_source_has_no_attention_yet_and_hits_nothing() -> None:
    told = facts(page("/pricing", NOW))
    assert (told.pages[0].dwell_ms, told.pages[0].interactions, dict(told.hits)) == (0, 0, {})


def test_a_page_of_another_source_counts_without_attention() -> None:
    told = facts(page("/pricing", NOW), SERVER)
    assert (told.pages[0].dwell_ms, told.pages[0].interactions, list(told.hits)) == (None, None, ["pricing_page"])


@pytest.mark.parametrize(
    ("path", "dwell_ms", "rules"),
    [
        ("/pricing", 4_999, []),
        ("/pricing", 5_000, ["pricing_page"]),
        ("/products/a", 9_999, []),
        ("/products/a", 10_000, ["product_page"]),
        ("/docs/a", 10_000, ["product_page"]),
        ("/compare/a", 5_000, ["comparison_page"]),
        ("/case-study/a", 30_000, ["asset_view"]),
        ("/careers", 0, ["careers_page"]),
        ("/", 60_000, []),
    ],
)
def test_attention_makes_a_page_a_hit_of_its_rule(path: str, dwell_ms: int, rules: list[str]) -> None:
    told = facts(engaged(path, NOW - HOUR, dwell_ms=dwell_ms))
    assert list(told.hits) == rules
    assert told.at == told.pages[0].at == NOW - HOUR


def test_attention_is_a_hit_of_the_page_that_was_opened() -> None:
    opened, read = facts(page("/pricing", NOW)), facts(engaged("/pricing", NOW, dwell_ms=6_000))
    assert opened.pages[0].hit_id == read.pages[0].hit_id == read.hits["pricing_page"][0].hit_id
    assert read.pages[0] == opened.pages[0]._replace(dwell_ms=6_000, interactions=1)


def test_one_source_cannot_swallow_anothers_events() -> None:
    assert facts(page("/", NOW)).pages[0].hit_id != facts(page("/", NOW), SERVER).pages[0].hit_id


@pytest.mark.parametrize(
    ("event", "rule", "asked"),
    [
        (track("form_submitted", NOW, form="inquiry"), "request", "inquiry"),
        (track("form_submitted", NOW, form="Request Demo"), "request", "demo"),
        (track("form_submitted", NOW, form="catalogue"), "request", "catalogue"),
        (track("form_submitted", NOW, form="webinar list"), "form", None),
        (track("form_submitted", NOW, form="feedback", competitor="Rival"), "request", "comparison"),
        (track("form_submitted", NOW, form="quote", competitor="Rival"), "request", "quote"),
        (track("form_submitted", NOW, form="feedback", competitor=" None "), "form", None),
        (track("form_submitted", NOW, form="feedback", competitor=""), "form", None),
        (track("form_submitted", NOW, form="feedback", competitor=7), "form", None),
        (track("form_submitted", NOW), "form", None),
        (track("quote_requested", NOW), "request", "quote"),
        (track("Demo Requested", NOW), "request", "demo"),
        (track("Form Submitted", NOW, form="Contact-Sales"), "request", "inquiry"),
    ],
)
def test_forms_are_hits_and_those_that_ask_for_a_talk_are_milestones(
    event: dict[str, Any], rule: str, asked: str | None
) -> None:
    told = facts(event)
    assert list(told.hits) == [rule]
    assert [one.what for one in told.milestones] == ([] if asked is None else [asked])
    if asked is not None:
        hit_id = hit_id_of("site", event["messageId"])
        assert told.milestones == (Milestone(NOW, "requested", f"{hit_id:016x}", asked),)


@pytest.mark.parametrize(("url", "named"), [
    ("https://acme.example/?utm_source=LinkedIn&utm_medium=social#utm_source=x",
     {"utm_source": "linkedin", "utm_medium": "social"}),
    ("https://acme.example/?utm_campaign=x", {}),
    ("https://acme.example/utm_source=x", {}),
    ("/?utm_source=a&utm_source=b&utm_medium=%20", {"utm_source": "a"}),
    ("/?utm_source=" + "x" * 100, {"utm_source": "x" * 64}),
    ("/?" + "a=1&" * 63 + "utm_source=b", {"utm_source": "b"}),
    ("/?" + "a=1&" * 64 + "utm_source=b", {}),
])  # fmt: skip
def test_the_address_that_was_opened_names_its_campaign(url: str, named: dict[str, str]) -> None:
    event = {"type": "page", "messageId": "m", "anonymousId": "v1", "timestamp": NOW, "properties": {"url": url}}
    assert {name: trait.value for name, trait in facts(event).traits.items()} == named


def test_a_form_that_asks_for_mail_is_an_opt_in() -> None:
    """It ends a hold (arrow T12), and is a form like others."""
    event = track("form_submitted", NOW, form="newsletter")
    told = facts(event)
    assert list(told.hits) == ["form"]
    assert told.milestones == (Milestone(NOW, "opted_in", f"{hit_id_of('site', event['messageId']):016x}", "opt_in"),)


@pytest.mark.parametrize("part", ["invited", "registered", "attended", "followed_up"])
def test_what_somebody_had_to_do_with_a_program_is_a_milestone(part: str) -> None:
    """Asks A2, A28. Without the program's id nobody knows which it was."""
    event = track(f"program_{part}", NOW, program_id="seminar-1")
    told = facts(event)
    milestone_id = f"{hit_id_of('site', event['messageId']):016x}"
    assert told.milestones == (Milestone(NOW, f"program_{part}", milestone_id, "seminar-1"),)
    assert facts(track(f"program_{part}", NOW)).milestones == ()


def test_a_program_gives_a_hit_of_its_rule_and_a_milestone() -> None:
    told = files()
    row = '\n[[track]]\nevent = "fair_visited"\nrule = "form"\nprogram = "attended"\nasset = "fair"\n'
    rules = load_rules(told | {"site.toml": told["site.toml"] + row}, naming=NAMING)
    said = facts(track("fair_visited", NOW, fair="fair-1"), rules=rules)
    assert [(name, found[0].what) for name, found in said.hits.items()] == [("form", "fair-1")]
    assert [(one.kind, one.what) for one in said.milestones] == [("program_attended", "fair-1")]


def test_an_asset_is_told_apart_by_the_property_that_site_toml_names() -> None:
    assert facts(track("File_Downloaded", NOW, asset="guide")).hits["gated_download"][0].what == "guide"


def test_an_identify_with_an_email_is_a_claim_of_its_lead_at_its_own_time() -> None:
    told = facts(identify(NOW - HOUR, email=" Ann@Acme.example ", title="CEO"))
    assert told.claims == (Claim(NOW - HOUR, ANN, "claimed"),)
    assert told.traits == {"email": Trait(NOW - HOUR, "ann@acme.example"), "title": Trait(NOW - HOUR, "CEO")}


def test_an_identify_with_a_user_id_and_an_email_links_them() -> None:
    told = facts(identify(NOW, user="u1", email="ann@acme.example"), SERVER)
    assert told.claims == (Claim(NOW, ANN, "proven"),)
    assert told.links == (Link(NOW, NAMING.lead_of_user("u1"), ANN, "email", "proven"),)


@pytest.mark.parametrize("kind", ["page", "screen", "track", "group", "alias", "identify"])
def test_any_event_with_a_user_id_is_a_claim(kind: str) -> None:
    event = {"type": kind, "event": "x", "messageId": "m", "anonymousId": "v", "userId": 17, "timestamp": NOW}
    assert facts(event).claims == (Claim(NOW, NAMING.lead_of_user("17"), "claimed"),)


def test_an_event_with_a_user_id_alone_belongs_to_its_pseudo_visitor() -> None:
    event = {"type": "track", "event": "x", "messageId": "m", "userId": "u1"}
    assert facts(event).to == NAMING.visitor_of(None, "u1")


def test_an_alias_of_another_user_id_points_to_the_user_that_it_names() -> None:
    told = facts(alias("u1", "u2", NOW))
    assert told.claims == (Claim(NOW, NAMING.lead_of_user("u2"), "claimed"),)
    assert told.links == (Link(NOW, NAMING.lead_of_user("u1"), NAMING.lead_of_user("u2"), "alias", "claimed"),)
    assert facts(alias("u1", "u2", NOW), SERVER).links[0].trust == "proven"
    assert facts(alias("u1", "u2", NOW, who=None), SERVER).to == NAMING.visitor_of(None, "u2")


@pytest.mark.parametrize(
    ("previous", "user"),
    [("v1", "u2"), ("u2", "u2"), ("null", "u2"), ("0", "u2"), (None, "u2"), ("u1", None), ("u1", "undefined")],
)
def test_an_alias_that_names_no_second_user_is_a_claim_at_most(previous: str | None, user: str | None) -> None:
    """Its own anonymous id, itself, an id that says nothing: no pointer."""
    told = facts(alias(previous, user, NOW))
    assert told.links == ()
    assert len(told.claims) == (1 if user == "u2" else 0)


def test_a_claimed_alias_counts_for_nothing_where_identities_must_be_signed() -> None:
    assert (facts(alias("u1", "u2", NOW), rules=SIGNED).links, facts(alias("u1", "u2", NOW), rules=SIGNED).claims) == (
        (), (),
    )  # fmt: skip
    assert len(facts(alias("u1", "u2", NOW), SERVER, SIGNED).links) == 1


def test_an_alias_with_an_endless_previous_id_is_refused() -> None:
    with pytest.raises(Undecodable) as refused:
        facts(alias("u" * 129, "u2", NOW))
    assert refused.value.reason == Reason.NO_ID


NO_IDS = ["null", "undefined", "0", "NULL", " none ", "00000000-0000-0000-0000-000000000000", "[object Object]", 0]


@pytest.mark.parametrize("nothing", NO_IDS)
def test_an_id_that_says_nothing_is_never_a_key(nothing: Any) -> None:
    """Visitor, user, group, previous, message and page ids (fault 27)."""
    event = {"type": "group", "anonymousId": "v1", "userId": nothing, "groupId": nothing, "messageId": nothing,
             "timestamp": NOW}  # fmt: skip
    assert facts(event).claims == ()
    with pytest.raises(Undecodable):
        facts({**event, "anonymousId": nothing})
    pages = [page("/a", NOW, who=who) | {"messageId": nothing} for who in ("v1", "v2")]
    assert len({facts(one).pages[0].hit_id for one in pages}) == 2
    read = [engaged(path, NOW, who=who) for path in ("/a", "/b") for who in ("v1", "v2")]
    for one in read:
        one["properties"]["page_id"] = str(nothing)
    assert len({facts(one).pages[0].hit_id for one in read}) == 4
    assert facts(read[0]).pages[0].hit_id == facts(read[0]).pages[0].hit_id


def test_a_group_says_something_of_its_person_and_names_nobody() -> None:
    told = facts({"type": "group", "anonymousId": "v1", "userId": "u1", "groupId": "g1", "messageId": "m",
                  "timestamp": NOW, "traits": {"name": "Acme", "employees": 50}})  # fmt: skip
    assert told.claims == (Claim(NOW, NAMING.lead_of_user("u1"), "claimed"),)
    assert told.links == ()
    assert told.traits["company"] == Trait(NOW, "Acme")


def test_row_29_with_signed_identities_a_claim_counts_for_nothing_until_it_is_proven() -> None:
    event = identify(NOW, user="u1", email="ann@acme.example", title="CEO")
    told = facts(event, rules=SIGNED)
    assert (told.claims, told.links, dict(told.traits)) == ((), (), {})
    assert facts(event, SERVER, SIGNED).claims == (Claim(NOW, ANN, "proven"),)


@pytest.mark.parametrize(
    ("traits", "read"),
    [
        ({"jobTitle": "CEO"}, {"title": "CEO"}),
        ({"title": "CEO", "jobTitle": "Boss"}, {"title": "CEO"}),
        ({"company": {"name": "Acme", "employee_count": 40, "x": 1}}, {"company": "Acme", "employees": "40"}),
        ({"company": "Acme"}, {"company": "Acme"}),
        ({"firstName": "Ann", "lastName": "Lee"}, {"name": "Ann Lee", "firstName": "Ann", "lastName": "Lee"}),
        ({"plan": True, "seats": 3, "rate": 0.5}, {"plan": "true", "seats": "3", "rate": "0.5"}),
        ({"list": [1], "deep": {"a": 1}, "none": None, "empty": " "}, {}),
        ({"name": "Ann\x00\x1b[31m\nLee\u202e"}, {"name": "Ann[31mLee"}),
        ({"note": "x" * 300}, {"note": "x" * 256}),
        ({"__proto__": "x", "constructor": "y"}, {}),
        ({"email": ""}, {}),
        ({"email": None}, {}),
    ],
)
def test_traits_become_bounded_text_under_one_name(traits: dict[str, Any], read: dict[str, str]) -> None:
    told = facts({"type": "identify", "messageId": "m", "anonymousId": "v", "timestamp": NOW, "traits": traits})
    assert {name: trait.value for name, trait in told.traits.items()} == read


def test_traits_may_stand_in_the_context_and_the_events_own_win() -> None:
    event = {**identify(NOW, title="CEO"), "context": {"traits": {"email": "ann@acme.example", "title": "Intern"}}}
    told = facts(event)
    assert ({name: trait.value for name, trait in told.traits.items()}, told.claims[0].lead_id) == (
        {"email": "ann@acme.example", "title": "CEO"},
        ANN,
    )


def test_at_most_32_traits_are_read_and_the_known_ones_first() -> None:
    event = identify(NOW, **{f"a{n:02}": "x" for n in range(50)}, title="CEO", email="ann@acme.example")
    read = facts(event).traits
    assert len(read) == 32
    assert {"title", "email", "a00"} <= read.keys()


def test_a_group_says_what_the_company_is() -> None:
    event = {"type": "group", "messageId": "m", "anonymousId": "v", "timestamp": NOW, "groupId": "g",
             "traits": {"name": "Acme", "employees": 120, "industry": "Steel", "plan": "x"}}  # fmt: skip
    assert {name: trait.value for name, trait in facts(event).traits.items()} == {
        "company": "Acme", "employees": "120", "industry": "Steel",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("agent", "context_agent", "source", "machine"),
    [
        pytest.param(CHROME, None, "claimed", False, id="a browser"),
        pytest.param("Googlebot/2.1 (+http://www.google.com/bot.html)", None, "claimed", True, id="a crawler"),
        pytest.param(None, None, "claimed", False, id="nothing said"),
        pytest.param("curl/8.5.0", None, "claimed", False, id="a program that sends events"),
        pytest.param("analytics-node/2.0", "Googlebot/2.1", "claimed", True, id="a crawler behind a server"),
        pytest.param("Googlebot/2.1", CHROME, "claimed", False, id="the event's own word goes first"),
        pytest.param("python-requests/2.3", None, "proven", False, id="a server of ours"),
    ],
)
def test_machines_are_left_out(agent: str | None, context_agent: str | None, source: str, machine: Any) -> None:
    event = page("/pricing", NOW, context={"userAgent": context_agent})
    told = routed(event, delivery(agent=agent, trust="proven" if source == "proven" else "claimed"))
    assert (told == Filtered("machine")) is machine


def test_an_event_without_a_message_id_gets_one_that_follows_from_it() -> None:
    event = page("/pricing", NOW)
    del event["messageId"]
    first, again, later = facts(event), facts(event, delivery(at=NOW + 5)), facts({**event, "timestamp": NOW - 1})
    assert first.pages[0].hit_id == again.pages[0].hit_id != later.pages[0].hit_id


ENGAGED = b'{"type":"track","event":"page_engaged","anonymousId":"v","properties":'
DEEP = b'{"a":' * 2_000 + b"1" + b"}" * 2_000


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (b'{"type":"page"}', Reason.NO_ID),
        (b'{"type":"page","anonymousId":"null","userId":"undefined"}', Reason.NO_ID),
        (b'{"type":"page","anonymousId":"' + b"x" * 129 + b'"}', Reason.NO_ID),
        (b'{"type":"page","anonymousId":' + b"9" * 5_000 + b"}", Reason.NUMBER),
        (b'{"type":"page","anonymousId":"v","properties":{"x":1e999}}', Reason.NUMBER),
        (b'{"type":"page","anonymousId":"v","properties":{"x":' + b"9" * 5_000 + b"}}", Reason.NUMBER),
        (b'{"type":"track","event":"x","anonymousId":"v","properties":{"a":{"b":[1e999]}}}', Reason.NUMBER),
        (b'{"type":"identify","anonymousId":"v","traits":{"age":1e999}}', Reason.NUMBER),
        (b'{"type":"page","anonymousId":"v","properties":{"x":"\xff"}}', Reason.JSON),
        (b'{"type":"page","anonymousId":"v","properties":[1]}', Reason.SCHEMA),
        (b'{"type":"page","anonymousId":"v","properties":"x"}', Reason.SCHEMA),
        (b'{"type":"identify","anonymousId":"v","traits":{"email":"nobody"}}', Reason.BAD_EMAIL),
        (b'{"type":"identify","anonymousId":"v","traits":{"email":7}}', Reason.BAD_EMAIL),
        (b'{"type":"identify","anonymousId":"v","traits":{"email":"a@b.example\\r\\nBcc: x"}}', Reason.BAD_EMAIL),
        (b'{"type":"identify","anonymousId":"v","traits":{"email":"a\\u200bb@c.example"}}', Reason.BAD_EMAIL),
        (b'{"type":"track","event":"page_engaged","anonymousId":"v"}', Reason.SCHEMA),
        (ENGAGED + b'{"page_id":"p","url":"/","started_at":1,"dwell_ms":1e999,"interactions":1}}', Reason.NUMBER),
        (ENGAGED + b'{"page_id":"p","url":"/","started_at":1,"dwell_ms":true,"interactions":1}}', Reason.NUMBER),
        (b'{"type":"track","event":"x","anonymousId":"v","properties":' + DEEP + b"}", Reason.DEPTH),
        (b'{"type":"nonsense","anonymousId":"v"}', Reason.UNKNOWN_TYPE),
        (b"nonsense", Reason.JSON),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_its_reason(event: bytes, reason: Reason) -> None:
    with pytest.raises(Undecodable) as refused:
        route(EVENT.decode(event), delivery(), RULES)
    assert refused.value.reason == reason


def test_a_message_id_may_be_long_since_it_is_hashed() -> None:
    event = page("/", NOW)
    ids = {facts({**event, "messageId": "x" * 1_000 + end}).pages[0].hit_id for end in "ab"}
    assert len(ids) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"page_id": "p", "url": "/pricing", "started_at": NOW, "dwell_ms": -5, "interactions": -1},
        {"page_id": "p", "url": "/pricing", "started_at": NOW, "dwell_ms": 2**62, "interactions": 2**62},
        {"page_id": "p", "url": "http://[bad", "started_at": "never", "dwell_ms": 7_000, "interactions": 1},
    ],
)
def test_attention_is_bounded(said: dict[str, Any]) -> None:
    told = facts({"type": "track", "event": "page_engaged", "messageId": "m", "anonymousId": "v", "properties": said})
    (seen,) = told.pages
    assert 0 <= (seen.dwell_ms or 0) <= DAY
    assert 0 <= (seen.interactions or 0) <= 100_000
    assert seen.path in ("/pricing", "/")


def test_events_of_the_schema_are_all_understood() -> None:
    kinds = msgspec.json.schema(EVENT._decoder.type)["anyOf"]
    assert len(kinds) == 6
