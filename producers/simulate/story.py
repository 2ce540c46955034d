"""The built-in story: a lost deal's company comes back. Its past is told with the events, so nobody waits for it.

Times stay within the 7 days that the pipeline believes a sender, and before now.
"""

from typing import Any

from producers.simulate.cast import Company, Person
from producers.simulate.stage import DAY_MS, HOUR_MS, MINUTE_MS, Stage

__all__ = ["play"]


async def play(stage: Stage) -> None:
    """All scenes in order: some twelve seconds at pace 1. Raises NotTaken."""
    stage.tell("Story", "Planwerk sells planning software. Everybody in this story is invented.")
    await _crm_reports(stage)
    await _strangers_browse(stage)
    await _somebody_asks(stage)
    await _one_look(stage)
    await _they_are_back(stage)
    await _and_a_colleague(stage)
    stage.tell("Story", f"Look at the console's inbox: {stage.cast.back.name} is back.")


async def _crm_reports(stage: Stage) -> None:
    """The CRM tells of its deals: three lost weeks ago, one open. The first has outlived its hold: it may be called."""
    cast = stage.cast
    first, second = cast.back_deal_people
    lost = (
        ("D-1041", cast.back, (first, second), 64, "no_decision", 48_000),
        ("D-1017", cast.slow, (cast.slow_person,), 75, "feature_gap", 22_500),
        ("D-0988", cast.gone, (cast.gone_person,), 121, "price", 9_800),
    )
    for deal_id, company, people, days, reason, amount in lost:
        lost_at = stage.now_ms() - days * DAY_MS
        facts = {"status": "lost", "lost_at": lost_at, "lost_reason": reason, "updated_at": lost_at}
        await stage.collector.report(_deal(stage, deal_id, company, people=people) | facts | {"amount": amount})
        stage.tell("CRM", f"{company.name}: deal lost {days} days ago ({reason}), EUR {amount:,}")
    facts = {"status": "open", "updated_at": stage.now_ms() - 9 * DAY_MS, "amount": 31_000}
    deal = _deal(stage, "D-1103", cast.talking, people=(cast.talking_person,))
    await stage.collector.report(deal | facts)
    stage.tell("CRM", f"{cast.talking.name}: deal open, EUR 31,000")
    await stage.pause(1)


async def _strangers_browse(stage: Stage) -> None:
    """Most visitors never say who they are."""
    for paths in (("/", "/product"), ("/",), ("/", "/careers"), ("/product", "/pricing")):
        at = stage.now_ms() - stage.random.randint(3, 40) * MINUTE_MS
        await stage.visit(stage.browser(), *paths, at=at)
        stage.tell("Web", f"somebody reads {', '.join(paths)}")
        await stage.pause(0.4)


async def _somebody_asks(stage: Stage) -> None:
    """Days of anonymous reading, then a form: the history belongs to a person from now on."""
    person, browser = stage.cast.asker, stage.browser()
    for days, paths in ((4, ("/", "/product")), (2, ("/product", "/pricing")), (1, ("/compare",))):
        await stage.visit(browser, *paths, at=stage.now_ms() - days * DAY_MS - 2 * HOUR_MS, dwell_ms=45_000)
        stage.tell("Web", f"{'yesterday' if days == 1 else f'{days} days ago'}, somebody read {', '.join(paths)}")
    at = await stage.visit(browser, "/inquiry", at=stage.now_ms() - 3 * MINUTE_MS)
    await stage.pause(1)
    await stage.collector.browse(browser, [browser.identify(person, at=at), browser.submit("inquiry", at=at + 200)])
    stage.tell("Form", f"{person.name} of {person.company.name} sends an inquiry: it was they who read all that")
    await stage.pause(1)


async def _one_look(stage: Stage) -> None:
    """One person of a lost deal, one plain day: worth a line in the digest, not a call."""
    person, browser = stage.cast.slow_person, stage.browser()
    start = stage.now_ms() - DAY_MS - HOUR_MS
    await stage.collector.browse(browser, [browser.identify(person, at=start)])
    await stage.visit(browser, "/", "/product", at=start + 2_000, dwell_ms=9_000)
    stage.tell("Web", f"yesterday {person.name} of {person.company.name}, a lost deal, had one look")
    await stage.pause(1)


async def _they_are_back(stage: Stage) -> None:
    """A person of the lost deal reads the pricing page, and then says who they are."""
    person, browser = stage.cast.back_deal_people[0], stage.browser()
    await stage.visit(browser, "/", "/product", at=stage.now_ms() - 3 * DAY_MS)
    stage.tell("Web", "3 days ago, somebody read /, /product")
    at = await stage.visit(browser, "/pricing", "/compare", at=stage.now_ms() - 4 * MINUTE_MS, dwell_ms=48_000)
    stage.tell("Web", "the same browser is back and reads /pricing, /compare")
    await stage.pause(1)
    await stage.collector.browse(browser, [browser.identify(person, at=at), browser.submit("newsletter", at=at + 200)])
    stage.tell("Form", f"{person.name} of {person.company.name} signs up for the newsletter: the lost deal is back")
    await stage.pause(3)


async def _and_a_colleague(stage: Stage) -> None:
    """A second person of the same company: the same alert, updated."""
    person, browser = stage.cast.back_colleague, stage.browser()
    at = stage.now_ms() - 2 * MINUTE_MS
    await stage.collector.browse(browser, [browser.identify(person, at=at)])
    await stage.visit(browser, "/pricing", at=at + 1_000, dwell_ms=31_000)
    stage.tell("Web", f"{person.name}, a colleague, reads /pricing: the same alert, now with two people")
    await stage.pause(1)


def _deal(stage: Stage, deal_id: str, company: Company, *, people: tuple[Person, ...]) -> dict[str, Any]:
    """The default body of `POST /v1/crm/generic`."""
    name, email = stage.cast.rep
    return {
        "deal_id": deal_id,
        "currency": "EUR",
        "owner": {"name": name, "email": email},
        "account": {"name": company.name, "domain": company.domain},
        "people": [{"email": person.email, "name": person.name} for person in people],
    }
