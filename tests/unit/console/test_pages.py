"""What the pages say, and that they say hostile text as plain text."""

import re
from html.parser import HTMLParser

import msgspec
import pytest
from msgspec.structs import replace

from schemas.cards import AlertCounts, AlertLevel, RollUpLine
from schemas.codec import encode
from streams.console.access.security import HEADERS
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.console.pages.account import missing, whole
from streams.console.shown import day
from streams.core.returns.doings import Counted
from streams.core.returns.strength import strength
from streams.inbox import MemoryDoor
from streams.readmodel.fills import Fills
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Entry, Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.lead_samples import DAY
from tests.unit.console.samples import ALERT_ID, HOSTILE, LEAD_ID, Samples
from tests.unit.console.sights import RULES, sight
from tests.unit.console.visitor import Visitor, visiting

BUTTONS = ("claim", "contacted", "contacted", "reopen_deal", "snooze", "wake", "release", "not_a_buyer",
           "wrong_company", "dismiss")  # fmt: skip
KEYS = ("alert_id", "lead_id", "account_id", "alerts")
ACCOUNT = "/accounts/northwind-robotics.example"
LEAD = f"/leads/{LEAD_ID}"
PATHS = ["/", "/closed", f"/alerts/{ALERT_ID}", "/leads", LEAD, "/accounts", ACCOUNT, "/rejected", "/rejected/0:0",
         "/debugger", "/me", "/login"]  # fmt: skip


class Text(HTMLParser):
    """The visible text, and every tag and attribute name that there is."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        # One that leads within the page leads nowhere else.
        self.addresses += [
            value or "" for name, value in attrs
            if name in ("href", "src", "action") and not (value or "").startswith("#")
        ]  # fmt: skip


def read(html: str) -> Text:
    parser = Text()
    parser.feed(html)
    return parser


def said(html: str) -> str:
    return re.sub(r"\s+", " ", " ".join(read(html).text))


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_shown_with_its_policy_and_nothing_inline(rep: Visitor, filled: Samples, path: str) -> None:
    answer = rep.get(path)
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"
    page = read(answer.text)
    assert "style" not in page.tags | page.attributes
    assert not [name for name in page.attributes if name.startswith(("on", "hx-on"))]
    assert re.findall(r"<script(?![^>]*\ssrc=)", answer.text) == []


def test_the_inbox_says_what_a_rep_must_know(rep: Visitor, filled: Samples) -> None:
    """Ask A5."""
    text = said(rep.get("/").text)
    for wanted in (
        "Northwind Robotics", "Back after 45 days", "€148,000 lost on", "Price", "Helios MES", "Negotiation",
        "Jiwoo Kim",
        "Mara Lindqvist", "Head of Production", "on the deal", "proven", "Tomás Vega", "unproven", "/pricing",
        "1 min 14 s", "mara.lindqvist@northwind-robotics.example",
        "101.6", "A1", "Return strength R 19", "+5 of 10", "Value case first", "Real-time", "updated 2",
        "Information only: no contact before", "could not be proved that a person", "Asked for contact",
        "₩320,000,000", "DKK 18,500", "Claimed by you",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_real_time_comes_first_and_by_strength(rep: Visitor, filled: Samples) -> None:
    page = rep.get("/").text
    order = re.findall(r'id="alert-(\w+)"', page)
    assert order == ["al_asked", ALERT_ID, "al_held", "al_digest", "al_claimed", "al_snoozed"]
    assert re.findall(r'id="alert-(\w+)"', rep.get("/closed").text) == ["al_closed"]


@pytest.mark.parametrize("alert_id", [ALERT_ID, "al_held", "al_asked", "al_claimed", "al_snoozed", "al_closed"])
def test_an_alert_shows_the_buttons_that_it_offers(rep: Visitor, filled: Samples, alert_id: str) -> None:
    """Inside a hold nobody contacts them, unless they asked (ask A22)."""
    card = next(one for one in filled.alerts() if one.alert_id == alert_id)
    page = rep.get(f"/alerts/{alert_id}").text
    shown = re.findall(rf' action="/alerts/{alert_id}/(\w+)"', page)
    assert shown == [verb for verb in BUTTONS if verb in card.offers]
    assert set(shown) == set(card.offers), "there is a button for each"
    assert ("contacted" in shown) is (alert_id not in ("al_held", "al_closed"))


def test_a_card_without_an_offer_has_no_button(rep: Visitor, projection: Projection, samples: Samples) -> None:
    bare = replace(samples.alert(), offers=())
    projection.write(alerts=[(bare.alert_id, encode(bare))])
    assert f' action="/alerts/{ALERT_ID}/' not in rep.get("/").text


def test_the_hold_is_said_once_with_what_follows_it(rep: Visitor, filled: Samples) -> None:
    held = said(rep.get("/alerts/al_held").text)
    assert "Information only: no contact before 10 Jan 2027. Then: Ask what has changed" in held
    assert held.count("no contact before") == 1
    assert "Next:" not in held
    assert "mara.lindqvist@" not in held, "nobody writes to her now"
    assert "Next: Ask what has changed since" in said(rep.get("/alerts/al_asked").text)


def test_a_closed_alert_says_why_and_no_next_act(rep: Visitor, projection: Projection, samples: Samples) -> None:
    """Whoever comes to it late reads what became of it, not what to do."""
    open_one = samples.alert()
    counts = AlertCounts(outcome="reopened", level="real_time", strongest="", rules_version="", sent=True)
    closed = replace(open_one, status="done", closed_reason="open deal", counts=counts, offers=())
    projection.write(alerts=[(closed.alert_id, encode(closed))])
    text = said(rep.get(f"/alerts/{ALERT_ID}").text)
    assert open_one.next_act
    assert open_one.next_act not in text
    assert "Done: deal taken up again" in text


def test_what_a_return_lacks_names_signals_that_gave_nothing_yet_as_the_core_makes_it(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    """Cards carry the signals that gave something: the others have the most room, and are what one waits for."""
    account = samples.account()
    deal = next(one for one in account.deals if one.status == "lost")
    made = strength(Counted(deal_people=1), deal, as_of=samples.now, since=samples.now - DAY, rules=RULES.returns)
    assert [line.signal for line in made.lines] == ["deal_person"]
    projection.write(accounts=[(account.account_id, encode(replace(account, strength=made)))])
    text = said(rep.get(ACCOUNT).text)
    lacks = missing(whole(made, RULES))
    assert lacks is not None
    assert lacks.ways[0] == "Came on more than one day", "9 of 9 are still to come"
    assert f"What can still add to it: {'; '.join(lacks.ways)}" in text
    for signal in RULES.returns.signal:
        assert signal.label in text
    assert whole(made, None) == made


def test_a_snoozed_alert_says_until_when(rep: Visitor, filled: Samples) -> None:
    assert f"Silent until {day(filled.now + 20 * DAY)}, unless they ask" in said(rep.get("/alerts/al_snoozed").text)


def test_the_score_is_explained_line_by_line_and_adds_up(rep: Visitor, filled: Samples) -> None:
    text = said(rep.get(LEAD).text)
    assert "does not equal" not in text
    for wanted in (
        "101.6", "1.6 above the threshold of 100.0", "falls below", "Read the pricing page", "19.1", "9.06",
        "before the lost deal", "Web counts at most 50", "\u22121.9", "Fit", "38.0", "unknown", "Sum 101.6",
        "Device 1", "Device 2", "Consultation → Recycle B", "no contact before", "Hot",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_a_sum_that_does_not_equal_the_score_is_not_hidden(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    wrong = replace(samples.lead(), score_tenths=999)
    projection.write(leads=[(LEAD_ID, encode(wrong))])
    assert "does not equal the score of 99.9" in said(rep.get(LEAD).text)


def test_the_account_says_what_is_missing(rep: Visitor, projection: Projection, samples: Samples) -> None:
    weak = replace(samples.account(), strength=samples.strength(1, 0, 0, 0, 0, 0))
    projection.write(accounts=[(weak.account_id, encode(weak))])
    text = said(rep.get(ACCOUNT).text)
    assert "3 more to real-time." in text
    assert "71.4 of 100" in text
    assert "No return is watched for: no lost deal." not in text


@pytest.mark.parametrize(
    ("level", "strength", "lacks"),
    [
        pytest.param("real_time", 9, None, id="there"),
        pytest.param("real_time", 2, None, id="somebody asked"),
        pytest.param("digest", 5, ("real-time", 3, False), id="in the digest"),
        pytest.param(None, 1, ("digest", 3, False), id="below"),
        pytest.param("digest", 12, ("real-time", 0, True), id="strong, but capped"),
    ],
)
def test_what_is_missing_follows_from_the_level_that_was_given(
    samples: Samples, level: AlertLevel | None, strength: int, lacks: tuple[str, int, bool] | None
) -> None:
    found = missing(replace(samples.strength(), level=level, strength=strength))
    assert lacks == (found and (found.level, found.strength, found.capped))


def test_the_account_says_what_they_read_against_the_loss(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    lead, account = samples.lead(), samples.account()
    projection.write(leads=[(LEAD_ID, encode(lead))], accounts=[(account.account_id, encode(account))])
    text = said(rep.get(ACCOUNT).text)
    assert re.search(r"Lost on: Price \(Helios MES\) ?\. Since then they have read what answers it\.", text), text
    assert re.search(r"/pricing answers the loss Mara Lindqvist [\w ]+ s ", text), text


def test_the_account_says_what_became_of_its_alerts_and_what_its_engagement_is_made_of(
    rep: Visitor, projection: Projection, samples: Samples
) -> None:
    done = AlertCounts(outcome="contacted", level="real_time", strongest="deal_person", rules_version="r", sent=True)
    alert = replace(samples.alert(), status="done", closed_reason="talking", counts=done, closed_at=samples.now - 5_000)
    lines = (RollUpLine(who=LEAD_ID, tenths=700), RollUpLine(who="network:v", tenths=14))
    account = replace(samples.account(), roll_up=lines, more_members=2)
    projection.write(alerts=[(ALERT_ID, encode(alert))], accounts=[(account.account_id, encode(account))])
    text = said(rep.get(ACCOUNT).text)
    assert "contacted: Talking just now" in text
    assert "70.0 Mara Lindqvist 1.4 Somebody unnamed from the company's network" in text
    assert "2 people more are counted and not shown." in text


def test_an_account_without_a_lost_deal_says_so(rep: Visitor, filled: Samples) -> None:
    assert "No return is watched for: no lost deal." in said(rep.get("/accounts/tern-optics.example").text)


def test_rejected_are_shown_with_reason_place_and_bytes_and_can_be_chosen(rep: Visitor, filled: Samples) -> None:
    text = said(rep.get("/rejected").text)
    for wanted in ("Unknown type 1", "JSON 1", "partition 2 offset 18,204", '{"type":"pageview"', "source crm"):
        assert wanted in text, wanted
    chosen = said(rep.get("/rejected?reason=json").text)
    assert "unexpected end of data" in chosen
    assert "pageview" not in chosen
    assert "None for this reason" in said(rep.get("/rejected?reason=%3Cscript%3E").text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "Nobody is back yet"), ("/", "leadstream simulate"), ("/", "leadstream.js"),
        ("/closed", "Nothing closed yet"),
        ("/leads", "No leads yet"), ("/accounts", "No accounts yet"), ("/rejected", "Nothing was rejected"),
    ],
)  # fmt: skip
def test_an_empty_page_says_what_to_do(rep: Visitor, path: str, words: str) -> None:
    assert words in said(rep.get(path).text)


@pytest.mark.parametrize("path", ["/nope", "/leads/nope", "/accounts/nope.example", "/alerts/nope", "/static/nope.css"])
def test_what_is_not_there_is_a_page_of_its_own(rep: Visitor, path: str) -> None:
    answer = rep.get(path)
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_an_old_projection_is_said_on_every_page(rep: Visitor, projection: Projection, filled: Samples) -> None:
    assert "The figures are" not in rep.get("/").text
    projection.beat(filled.now - 10 * 60_000)
    assert re.search(r"The figures are 10 min( \d+ s)? old\.", said(rep.get("/").text))
    assert all("The projector was last alive" in rep.get(path).text for path in PATHS[:-1])


def test_a_redis_that_is_being_filled_is_said_on_every_page(
    rep: Visitor, filled: Samples, valkey_url: str, prefix: str
) -> None:
    assert "not complete" not in rep.get("/").text
    fills = Fills.connect(valkey_url, prefix=prefix)
    fills.begin("leads.0", total=200)
    fills.note("leads.0", done=50, total=200)
    assert all("being filled from Kafka: 25%" in rep.get(path).text for path in PATHS[:-1])
    assert "leadstream_console_readmodel_filling_records 150.0" in rep.get("/metrics").text
    fills.end("leads.0")
    fills.close()
    assert "not complete" not in rep.get("/").text


def test_a_redis_that_no_projector_has_seen_says_so(rep: Visitor) -> None:
    assert "No projector has been seen" in rep.get("/").text


def hostile(value: object, text: str) -> object:
    """The same card with every free text replaced; what is a key, a choice or a time stays."""
    kept = {
        "status",
        "level",
        "trust",
        "kind",
        "signal",
        "reason",
        "raw",
        "alert_id",
        "lead_id",
        "account_id",
        "alerts",
    }
    if isinstance(value, dict):
        return {name: one if name in kept else hostile(one, text) for name, one in value.items()}
    if isinstance(value, list):
        return [hostile(one, text) for one in value]
    return text if isinstance(value, str) else value


@pytest.mark.parametrize("text", HOSTILE)
def test_tracked_text_is_plain_text_on_every_page(
    rep: Visitor, projection: Projection, samples: Samples, text: str
) -> None:
    def poisoned(entries: list[Entry]) -> list[Entry]:
        made = [(name, hostile(msgspec.json.decode(body), text)) for name, body in entries]
        return [(name, msgspec.json.encode(body)) for name, body in made]

    projection.write(**{kind: poisoned(entries) for kind, entries in samples.entries().items()})
    for path in PATHS[:-3]:
        answer = rep.get(path)
        assert answer.status_code == 200, path
        page = read(answer.text)
        assert text in " ".join(page.text), path
        assert not page.tags & {"style", "iframe", "object", "embed"}, path
        assert not [name for name in page.attributes if name.startswith("on")], path
        assert not [one for one in page.addresses if not one.startswith("/")], path
        assert answer.text.count("<script") == (4 if path in ("/", "/closed", f"/alerts/{ALERT_ID}") else 3), path
        assert answer.text.count("<img") == 1, path


def test_a_bug_of_ours_gives_a_page_with_an_error_id_and_no_insides(
    valkey_url: str, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ConsoleOptions(secret=SECRET)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight())
    app.state.desk.reader.leads = None
    with visiting(app, broken=True) as somebody:
        somebody.get(one_time_link(SECRET, "http://testserver"))
        answer = somebody.get("/leads")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    assert "NoneType" not in answer.text


def test_static_files_are_kept_for_ever_under_an_address_that_follows_from_their_content(rep: Visitor) -> None:
    page = read(rep.get("/").text)
    files = [one for one in page.addresses if one.startswith("/static/")]
    assert len(files) >= 4
    for address in files:
        answer = rep.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_operators_are_told_how_it_is(visitor: Visitor, filled: Samples) -> None:
    assert [visitor.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert "leadstream_console_readmodel_up 1.0" in visitor.get("/metrics").text
