"""The built tracker in a real browser, page and collector on different origins: what is sent, when, and what is not."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page

from deploy.local.ports import free_ports
from tests.browser.recording import STATIC, Answer, Event, Recorder, SitePages, listening, said, tracker_file

pytestmark = pytest.mark.browser


@dataclass
class World:
    """A site and its collector, which a test may take away and give back."""

    recorder: Recorder
    collector_port: int
    pages: SitePages
    site_url: str = ""
    collector: ExitStack = field(default_factory=ExitStack)

    def collector_up(self) -> None:
        self.collector.enter_context(listening(tracker_file, recorder=self.recorder, port=self.collector_port))

    def collector_down(self) -> None:
        self.collector.close()


@pytest.fixture
def world() -> Iterator[World]:
    recorder, (port,) = Recorder(), free_ports(1)
    with ExitStack() as running:
        collector = running.enter_context(ExitStack())
        collector.enter_context(listening(tracker_file, recorder=recorder, port=port))
        pages = SitePages(f"http://127.0.0.1:{port}")
        site_port = running.enter_context(listening(pages))
        yield World(recorder, port, pages, f"http://127.0.0.1:{site_port}", collector)


def named(events: list[Event], name: str) -> list[Event]:
    return [event for event in events if (event.get("event") or event["type"]) == name]


def paths(events: list[Event]) -> list[str]:
    return [event["properties"]["path"] for event in named(said(events), "page")]


def once(events: list[Event]) -> list[Event]:
    """A batch that the page could not see answered comes again with its next page: the same ids, so the same events."""
    return list({event["messageId"]: event for event in events}.values())


def has(name: str, count: int = 1) -> Callable[[list[Event]], bool]:
    return lambda events: len(named(once(events), name)) >= count


def reads(events: list[Event]) -> list[Event]:
    """What was told of how long somebody looked, in its order; of one page more than once, if it is open for long."""
    return [event["properties"] for event in named(once(events), "page_engaged")]


def stored(page: Page) -> dict[str, str]:
    return page.evaluate("Object.fromEntries(Object.entries(localStorage))")


def test_a_page_view_says_where_and_who(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/pricing?plan=team")
    (event,) = said(world.recorder.wait(has("page")))
    assert event["properties"] == {
        "url": f"{world.site_url}/pricing?plan=team",
        "path": "/pricing",
        "title": "/pricing",
        "referrer": "",
    }
    assert event["context"]["library"]["name"] == "leadstream-js"
    assert event["anonymousId"] == stored(page)["leadstream.anonymousId"]
    _, batch = world.recorder.batches[0]
    assert set(batch) == {"batch", "sentAt", "writeKey"}
    assert batch["writeKey"] == "wk_test"


def test_no_browser_asks_for_permission_first(world: World, person: BrowserContext) -> None:
    person.new_page().goto(world.site_url)
    world.recorder.wait(has("page"))
    assert set(world.recorder.methods) == {"POST"}  # a page that is looked at for long says so by a second one


def test_single_page_navigation_is_page_views(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/app")
    page.evaluate("history.pushState({}, '', '/app/one')")
    world.recorder.wait(has("page", 2))
    page.evaluate("history.pushState({}, '', '/app/two?tab=1'); document.title = 'Two'")
    world.recorder.wait(has("page", 3))
    page.evaluate("history.replaceState({}, '', '/app/two')")  # tidies up the query
    page.evaluate("location.hash = 'section'")
    page.go_back()  # from #section
    page.evaluate("history.replaceState({}, '', '/app/three')")
    world.recorder.wait(has("page", 4))
    page.go_back()
    events = world.recorder.wait(has("page", 5))
    assert paths(events) == ["/app", "/app/one", "/app/two", "/app/three", "/app/one"]
    assert named(said(events), "page")[2]["properties"]["title"] == "Two"
    assert named(said(events), "page")[2]["properties"]["referrer"] == f"{world.site_url}/app/one"


def test_a_redirect_on_the_way_is_one_page(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/app")
    page.evaluate("history.pushState({}, '', '/old'); history.replaceState({}, '', '/new')")
    assert paths(world.recorder.wait(has("page", 2))) == ["/app", "/new"]


def test_attention_is_told_at_five_seconds_and_on_leaving(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    started = time.monotonic()
    page.goto(f"{world.site_url}/pricing")
    page.mouse.wheel(0, 300)
    page.wait_for_function("scrollY > 0")  # it was heard
    page.wait_for_timeout(2_000)  # what follows within half a second is the same act; five are waited for anyway
    page.mouse.wheel(0, 300)
    first = reads(world.recorder.wait(has("page_engaged")))[0]
    waited_ms = (time.monotonic() - started) * 1000
    assert 5_000 <= first["dwell_ms"] <= waited_ms
    assert first["url"] == f"{world.site_url}/pricing"
    page.goto(f"{world.site_url}/product")
    events = world.recorder.wait(has("page_engaged", 2))
    (view, *_), last = named(said(events), "page"), reads(events)[1]
    assert first["page_id"] == last["page_id"] == view["messageId"]
    assert last["dwell_ms"] > first["dwell_ms"]
    assert last["started_at"] == first["started_at"]
    assert last["interactions"] == 2, "those before the first word are told again: each time as a whole"


def test_a_script_that_scrolls_is_no_reader(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(world.site_url)
    page.evaluate("scrollTo(0, 1000); dispatchEvent(new KeyboardEvent('keydown')); dispatchEvent(new Event('wheel'))")
    page.wait_for_function("scrollY === 1000")
    page.goto(f"{world.site_url}/next")
    assert {read["interactions"] for read in reads(world.recorder.wait(has("page_engaged")))} == {0}


def test_a_page_that_is_left_at_once_still_arrives(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    for number in range(20):
        page.goto(f"{world.site_url}/{number}")
        page.wait_for_function("!Array.isArray(leadstream)")
    page.close()
    assert paths(world.recorder.wait(has("page", 20))) == [f"/{number}" for number in range(20)]


def test_a_closed_tab_delivers(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/pricing")
    page.evaluate("leadstream.track('seen')")
    page.close(run_before_unload=True)
    world.recorder.wait(has("seen"))


def test_the_queue_survives_reloads_while_the_collector_is_away(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.route("**/leadstream.js", lambda route: route.fulfill(path=STATIC / "leadstream.js"))  # from its cache
    world.collector_down()
    for visit in range(3):
        page.goto(f"{world.site_url}/{visit}")
        page.evaluate("visit => { for (let n = 0; n < 100; n++) leadstream.track('step', {visit, n}) }", visit)
    queues = [text for key, text in stored(page).items() if key.startswith("leadstream.queue.") and "\n" in text]
    assert len(queues) == 1, "the page that runs holds everything"
    world.collector_up()
    page.reload()
    events = world.recorder.wait(has("step", 300))
    assert Counter((e["properties"]["visit"], e["properties"]["n"]) for e in named(once(events), "step")) == Counter(
        (visit, n) for visit in range(3) for n in range(100)
    )
    assert max(len(batch["batch"]) for _, batch in world.recorder.batches) == 20
    page.wait_for_function("!Object.values(localStorage).some(text => text.includes('messageId'))")


def test_the_queue_is_bounded_and_the_oldest_give_way(world: World, person: BrowserContext) -> None:
    world.recorder.answers = [Answer(503, "300")] * 5
    page = person.new_page()
    page.goto(world.site_url)
    page.evaluate("for (let n = 0; n < 1500; n++) leadstream.track('step', {n})")
    (queue,) = [text for key, text in stored(page).items() if key.startswith("leadstream.queue.")]
    assert queue.count("\n") == 1_000
    assert '"n":1499' in queue
    assert '"n":499}' not in queue


def test_a_busy_collector_is_tried_again_when_it_asked_for(world: World, person: BrowserContext) -> None:
    world.recorder.answers = [Answer(503, "2"), Answer(429)]
    page = person.new_page()
    page.goto(world.site_url)
    page.evaluate("leadstream.track('step')")
    world.recorder.wait_for_batches(1)
    page.evaluate("leadstream.identify({email: 'a@example.com'})")  # at once, but not against the collector's word
    world.recorder.wait_for_batches(2)
    refused_at, again_at, *_ = world.recorder.came_at
    assert again_at - refused_at >= 2
    events = world.recorder.wait(has("identify"))
    assert Counter(event["messageId"] for event in events).most_common(1)[0][1] == 1, "told 200 once"
    (_, first), (_, second), (_, third), *_ = world.recorder.batches
    assert [e["messageId"] for e in second["batch"]][: len(first["batch"])] == [e["messageId"] for e in first["batch"]]
    assert third["batch"][: len(second["batch"])] == second["batch"], "the same events with the same ids"


@pytest.mark.parametrize("status", [400, 401, 413])
def test_what_is_refused_for_good_is_dropped(world: World, person: BrowserContext, status: int) -> None:
    world.recorder.answers = [Answer(status)]
    page = person.new_page()
    page.goto(world.site_url)
    world.recorder.wait_for_batches(1)
    page.evaluate("leadstream.identify('u1')")
    assert [event["type"] for event in said(world.recorder.wait(has("identify")))] == ["identify"]


def test_calls_from_before_the_script_came_arrive(world: World, person: BrowserContext) -> None:
    world.pages.head = "<script>leadstream.track('early', {n: 1}); leadstream.identify('u1', {plan: 'team'})</script>"
    person.new_page().goto(world.site_url)
    events = said(world.recorder.wait(has("identify")))
    assert [event.get("event", event["type"]) for event in events] == ["page", "early", "identify"]
    assert events[2]["userId"] == "u1"
    assert events[2]["traits"] == {"plan": "team"}


def test_a_page_call_in_the_snippet_is_no_second_view(world: World, person: BrowserContext) -> None:
    world.pages.head = "<script>leadstream.page('Prices', {campaign: 'spring'})</script>"
    person.new_page().goto(world.site_url)
    (event,) = said(world.recorder.wait(has("page")))
    assert event["name"] == "Prices"
    assert event["properties"]["campaign"] == "spring"


def test_reset_is_somebody_else(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(world.site_url)
    page.evaluate("leadstream.identify('u1', {email: 'a@example.com'}); leadstream.reset(); leadstream.track('after')")
    events = world.recorder.wait(has("after"))
    before, after = named(events, "identify")[0], named(events, "after")[0]
    assert before["anonymousId"] != after["anonymousId"]
    assert "userId" not in after
    assert stored(page)["leadstream.anonymousId"] == after["anonymousId"]


def test_two_tabs_are_one_visitor_and_send_once(world: World, person: BrowserContext) -> None:
    one, two = person.new_page(), person.new_page()
    one.goto(f"{world.site_url}/one")
    two.goto(f"{world.site_url}/two")
    for number in range(10):
        one.evaluate("n => leadstream.track('step', {tab: 1, n})", number)
        two.evaluate("n => leadstream.track('step', {tab: 2, n})", number)
    events = world.recorder.wait(has("step", 20))
    assert len({event["anonymousId"] for event in events}) == 1
    assert len(events) == len(once(events))


def test_who_asks_not_to_be_tracked_is_not(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(world.site_url)
    world.recorder.wait(has("page"))
    assert stored(page)
    page.close()
    person.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page = person.new_page()
    with page.expect_response("**/leadstream.js"):
        page.goto(f"{world.site_url}/unseen")
    page.wait_for_function("!Array.isArray(leadstream)")
    page.evaluate("leadstream.track('step'); leadstream.identify('u1'); leadstream.page(); leadstream.reset()")
    assert stored(page) == {}
    page.goto("about:blank")
    came = [event for _, batch in world.recorder.batches for event in batch["batch"]]
    assert {event["context"]["page"]["path"] for event in came} == {"/"}, "the first page alone said something"


def test_a_page_without_storage_is_tracked_while_it_lives(world: World, person: BrowserContext) -> None:
    person.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})")
    world.recorder.answers = [Answer(503)]
    page = person.new_page()
    page.goto(world.site_url)
    page.evaluate("leadstream.track('step')")
    events = world.recorder.wait(has("step"))
    assert len({event["anonymousId"] for event in events}) == 1


def test_nothing_pollutes_a_prototype(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/?__proto__[polluted]=1&constructor.prototype.polluted=1")
    page.evaluate(
        """() => {
            leadstream.track('step', JSON.parse('{"__proto__": {"polluted": 1}, "a": {"constructor": 1, "b": 2}}'))
            leadstream.identify('u1', JSON.parse('{"__proto__": {"polluted": 1}, "prototype": 1}'))
        }"""
    )
    events = world.recorder.wait(has("identify"))
    assert named(events, "step")[0]["properties"] == {"a": {"b": 2}}
    assert named(events, "identify")[0]["traits"] == {}
    assert page.evaluate("[({}).polluted, Object.prototype.polluted]") == [None, None]


def test_no_call_throws_into_the_page(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(world.site_url)
    page.evaluate(
        """() => {
            const round = {}; round.round = round
            leadstream.track(); leadstream.track('a', round); leadstream.track('b', {n: 1n})
            leadstream.identify(); leadstream.identify(null, round); leadstream.identify(Symbol())
            leadstream.page(round); leadstream.track('big', {text: 'x'.repeat(40000)}); leadstream.track('fine')
        }"""
    )
    events = world.recorder.wait(has("fine"))
    assert errors == []
    assert not {"a", "b", "big"} & {event.get("event") for event in events}


def test_a_form_says_its_name_and_only_what_it_declares(world: World, person: BrowserContext) -> None:
    fields = (
        "<input name=name value='Mina Park'><input type=email name=mail value='mina@example.com'>"
        "<input name=company value='Example'><input name=phone value='555'><input type=password name=title value='s'>"
        "<textarea name=message>private</textarea><button>Send</button></form>"
    )
    world.pages.body = (
        f"<form method=post action=/send id=a data-leadstream-form=inquiry data-leadstream-identify>{fields}"
        f"<form method=post action=/send id=b data-leadstream-form=newsletter>{fields}"
        f"<form method=post action=/send id=c>{fields}"
    )
    page = person.new_page()
    for form in ("c", "b", "a"):
        page.goto(f"{world.site_url}/contact")
        page.click(f"#{form} button")
        page.wait_for_url("**/thanks")
    world.recorder.wait(has("identify"))
    events = said(world.recorder.wait(has("form_submitted", 2)))  # each request goes its own way
    assert [event["properties"] for event in named(events, "form_submitted")] == [
        {"form": "newsletter"},
        {"form": "inquiry"},
    ]
    (identify,) = named(events, "identify")
    assert identify["traits"] == {"email": "mina@example.com", "name": "Mina Park", "company": "Example"}


def test_a_policy_that_names_the_collector_is_enough(world: World, person: BrowserContext) -> None:
    origin = f"http://127.0.0.1:{world.collector_port}"
    world.pages.headers = {
        "Content-Security-Policy": f"default-src 'none'; script-src {origin}; connect-src {origin}",
    }
    person.new_page().goto(world.site_url)  # the stub is refused, the script works without it
    assert paths(world.recorder.wait(has("page"))) == ["/"]


def test_a_page_from_the_back_button_is_read_again(world: World, person: BrowserContext) -> None:
    page = person.new_page()
    page.goto(f"{world.site_url}/one")
    page.goto(f"{world.site_url}/two")
    page.go_back()
    assert paths(world.recorder.wait(has("page", 3))) == ["/one", "/two", "/one"]
