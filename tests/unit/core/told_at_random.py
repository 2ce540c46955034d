"""Random messages to leads, accounts, deals and recipients: few sources, versions and times, so that they meet."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from schemas.activity import Activity, Version
from schemas.deals import CompanyRecord, DealPerson, DealReport, DealStanding, Owner
from schemas.signals import AccountForward, Intent, LeadStanding, NetworkStanding
from schemas.touches import Tick, VisitorStanding
from tests.unit.core import told
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW
from tests.unit.core.mail_at_random import mail, voids

M = TypeVar("M")
PEOPLE: Final = (ANN, BEN, "cem", "dan")
KINDS: Final = (("/", "other"), ("/pricing", "pricing"), ("/careers", "careers"), ("/security", "security"))
RULES_OF_INTEREST: Final = ("pricing_page", "comparison_page", "form", "request", "careers_page")
recently = st.builds(lambda day, hour: NOW - day * DAY - hour * HOUR, st.integers(0, 2), st.sampled_from((0, 11)))
times = st.builds(lambda day, hour: NOW - day * DAY - hour * HOUR, st.integers(0, 20), st.sampled_from((0, 1, 11)))
arrivals_at = st.builds(lambda hours: NOW + hours * HOUR, st.integers(0, 40))


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    pages = [
        told.read(
            path,
            at,
            kind=kind,
            dwell_ms=draw(st.sampled_from((None, 100, 9_000))),
            touched=draw(st.sampled_from((None, 0, 2))),
        )
        for at in draw(st.lists(times, max_size=6))
        for path, kind in [draw(st.sampled_from(KINDS))]
    ]
    points: dict[str, Any] = {}
    # All of the first four at once are worth about 100 points.
    rules = draw(st.one_of(st.just(RULES_OF_INTEREST[:4]), st.sets(st.sampled_from(RULES_OF_INTEREST))))
    for rule in sorted(rules):
        points |= told.hits(rule, *draw(st.sets(recently, min_size=2, max_size=3)))
    asked = draw(st.sampled_from(([], [], [], [NOW - 5 * DAY], [NOW - DAY, NOW])))
    traits = {"email": draw(st.sampled_from(("ann@acme.example", "ann@other.example", "ann@gmail.com")))}
    if draw(st.booleans()):
        traits["marketing_consent"] = draw(st.sampled_from(("yes", "no")))
    return told.did(*pages, points=points, asked=asked, **traits)


@st.composite
def deal_facts(
    draw: st.DrawFn, ids: Sequence[str] = ("deal:crm:1", "deal:crm:2"), whom: Sequence[str] = PEOPLE[:3]
) -> Any:
    people = tuple(DealPerson(one, f"{one}@acme.example", one) for one in draw(st.sets(st.sampled_from(whom))))
    more: dict[str, Any] = {"people": tuple(sorted(people, key=lambda one: one.lead_id))}
    if draw(st.booleans()):
        more["owner"] = draw(st.sampled_from((None, Owner("rep:2", "Ron", "ron@us.example"))))
    return told.deal(
        draw(st.sampled_from(("lost",) * 8 + ("open", "won"))),
        at=NOW - draw(st.sampled_from((60, 20, 200, 1))) * DAY + draw(st.integers(0, 2)),
        deal_id=draw(st.sampled_from(ids)),
        account_id=draw(st.sampled_from((told.ACME, "crm:generic:parent"))),
        **more,
    )


@st.composite
def _versions(
    draw: st.DrawFn, bodies: st.SearchStrategy[Any], sources: Sequence[str], *, least: int = 0
) -> list[tuple[str, Version, int, Any]]:
    """For each source versions 1, 2, 3 ... of what it says, now and then nothing, each as of a later time."""
    said = []
    for source in draw(st.lists(st.sampled_from(sources), unique=True, min_size=least, max_size=len(sources))):
        found = draw(st.lists(st.one_of(bodies, bodies, bodies, st.none()), min_size=1, max_size=4))
        as_of = draw(arrivals_at)
        said += [(source, Version(0, n), as_of + n * HOUR, body) for n, body in enumerate(found, 1)]
    return said


FLAGS: Final = ("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution", "effect")
FIVE_YES: Final = dict.fromkeys(FLAGS, "yes")
SAID: Final = (
    ("accepted", "", {}), ("booked", "", {}), ("held", "", {}), ("no_show", "", {}), ("attempt", "", {}),
    ("disposition", "not_now", {}), ("disposition", "no_response", {}), ("disposition", "too_early", {}),
    ("opted_in", "", {}), ("returned", "contacted", {}), ("reviewed", "", {}), ("requested", "quote", {}),
    ("checked", "", FIVE_YES), ("checked", "", FIVE_YES | {"budget": "no"}), ("checked", "", {"effect": "12"}),
    ("correction", "a mistake", {}),
    ("correction", "a mistake", {"milestone": f"disposition:disposition@{NOW}"}),
    ("correction", "a mistake", {"milestone": f"accepted:accepted@{NOW}"}),
    ("correction", "a mistake", {"milestone": f"correction:correction@{NOW}"}),
)  # fmt: skip
decisions = st.builds(
    lambda what, days: told.decided(what[0], what[1], at=NOW + days * DAY, said=what[2]),
    st.sampled_from(SAID), st.sampled_from((0, 0, 1, 2, 120)),
)  # fmt: skip


@st.composite
def touches(draw: st.DrawFn) -> list[Any]:
    found: list[Any] = [
        VisitorStanding(
            to=ANN, visitor_id=source, version=version, as_of=as_of, known_at=NOW - DAY, trust="claimed", activity=body
        )
        for source, version, as_of, body in draw(_versions(activities(), ("v1", "v2", "v3"), least=1))
    ]
    found += [
        DealStanding(to=ANN, deal_id=source, version=version, as_of=as_of, deal=body)
        for source in draw(st.sampled_from(((), ("deal:crm:1",), ("deal:crm:1", "deal:crm:2"))))
        for _, version, as_of, body in draw(_versions(deal_facts((source,)), (source,)))
    ]
    found += draw(st.lists(decisions, max_size=5))
    found += [told.decided("dead_end", "student", at=at) for at in draw(st.sampled_from(([], [], [NOW])))]
    found += [told.decided("restored", "a mistake", at=at) for at in draw(st.sampled_from(([], [NOW + 1], [NOW - 1])))]
    found += draw(st.one_of(st.just([]), mail)) + draw(st.one_of(st.just([]), voids))
    return found + [Tick(to=ANN, at=at) for at in draw(st.lists(arrivals_at, max_size=2))]


@st.composite
def members(draw: st.DrawFn) -> Any:
    active = draw(st.sets(times, min_size=1, max_size=4))
    return told.member(
        active=active,
        careers=draw(st.sets(times, max_size=1)),
        intents=draw(st.sets(st.sampled_from(sorted(active)), max_size=2)),
        asked=draw(st.sampled_from((set(), set(), set(), {NOW - DAY}))),
        score_tenths=draw(st.integers(0, 1_500)),
        engagement_tenths=draw(st.integers(-500, 1_000)),
        dead_end=draw(st.sampled_from((False, False, False, True))),
        answers=draw(st.dictionaries(st.sampled_from(("timing", "price")), times, max_size=1)),
        stage=draw(st.sampled_from(("gained", "recycle_b", "mql"))),
        clicked_at=draw(st.sampled_from((None, None, NOW - DAY))),
        mailed_at=draw(st.sampled_from((None, NOW - 2 * DAY))),
        silenced=draw(st.sampled_from((False, False, False, True))),
        maturity=draw(st.sampled_from(("", "1", "2"))),
    )


@st.composite
def actions(draw: st.DrawFn, alert_ids: Sequence[str], *, at: int) -> Any:
    """Any button, also where it is not offered: then it is refused."""
    what = draw(st.sampled_from((
        "claim", "claim", "contacted", "dismiss", "not_a_buyer", "release", "reopen_deal", "snooze", "wake",
        "wrong_company",
    )))  # fmt: skip
    reason = draw(st.sampled_from(("student", "job_seeker"))) if what == "not_a_buyer" else ""
    actor = draw(st.sampled_from(("sam", "kim")))
    return told.action(
        what, draw(st.sampled_from(alert_ids)), at=at, actor=actor, reason=reason,
        by=draw(st.sampled_from((None, Owner(f"rep:{actor}", actor, f"{actor}@us.example")))),
        outcome=draw(st.sampled_from(("no", "talking"))) if what == "contacted" else "",
        lead_id=draw(st.sampled_from(PEOPLE)), until=draw(st.sampled_from((0, at + 5 * HOUR))),
    )  # fmt: skip


@st.composite
def signals(draw: st.DrawFn) -> list[Any]:
    found: list[Any] = [
        LeadStanding(to=told.ACME, lead_id=source, version=version, as_of=as_of, member=body)
        for source, version, as_of, body in draw(_versions(members(), PEOPLE, least=2))
    ]
    found += [
        DealStanding(to=told.ACME, deal_id=source, version=version, as_of=as_of, deal=body)
        for source, least in (("deal:crm:1", 1), ("deal:crm:2", 0))
        for _, version, as_of, body in draw(_versions(deal_facts((source,)), (source,), least=least))
    ]
    found += [
        NetworkStanding(to=told.ACME, visitor_id=source, version=version, as_of=as_of, member=body)
        for source, version, as_of, body in draw(_versions(members(), ("v1", "v2")))
    ]
    found += draw(_forwards()) if draw(st.booleans()) else []
    found += draw(st.lists(companies(told.ACME), max_size=3))
    intents = st.builds(Intent, to=st.just(told.ACME), intent_id=st.sampled_from("ab"), at=times)
    found += draw(st.lists(intents, max_size=2))
    return found + [Tick(to=told.ACME, at=at) for at in draw(st.lists(arrivals_at, max_size=2))]


@st.composite
def companies(draw: st.DrawFn, to: str) -> CompanyRecord:
    """Few records, times and facts; seldom one of a customer."""
    return told.company(
        to=to,
        record_id=draw(st.sampled_from("12")),
        at=NOW + draw(st.integers(0, 2)),
        customer=draw(st.sampled_from((False,) * 9 + (True,))),
        name=draw(st.sampled_from(("", "Acme", "ACME"))),
        employees=draw(st.sampled_from(("", "240"))),
    )


@st.composite
def _forwards(draw: st.DrawFn) -> list[AccountForward]:
    """From two accounts, now and then withdrawn."""
    held = st.lists(companies(""), max_size=2).map(tuple)
    return [
        AccountForward(
            to=told.ACME, account_id=source, version=version, as_of=as_of, domain="" if body is None else told.ACME,
            records=body or (),
        )
        for source, version, as_of, body in draw(_versions(held, ("crm:crm:8", "crm:crm:9"), least=1))
    ]  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> list[DealReport]:
    said = draw(st.lists(st.tuples(deal_facts(("deal:crm:1",)), arrivals_at), min_size=1, max_size=6))
    return [DealReport(to="deal:crm:1", received_at=at, deal=one) for one, at in said]


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[M]) -> list[list[M]]:
    """The same messages shuffled, some twice, in blocks."""
    copies = draw(st.lists(st.sampled_from(sent), max_size=4)) if sent else []
    blocks: list[list[M]] = [[]]
    for message in draw(st.permutations([*sent, *copies])):
        if draw(st.booleans()):
            blocks.append([])
        blocks[-1].append(message)
    return [block for block in blocks if block]


@st.composite
def crashes(draw: st.DrawFn, blocks: int) -> tuple[int, int, list[bool]]:
    """How many blocks are committed, how many rows survived beyond that, and which effects of those got out."""
    survived = draw(st.integers(0, blocks))
    committed = draw(st.integers(0, survived))
    return committed, survived, [draw(st.booleans()) for _ in range(survived - committed)]
