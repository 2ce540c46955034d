"""A page that has Segment's snippet, pointed at our collector: its calls before and after the load arrive as ours."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.recording import STATIC, Event, Found, Recorder, listening, said, tracker_file

pytestmark = pytest.mark.browser
PATH = "/analytics.js/v1/wk_test/analytics.min.js"
# What the snippet leaves behind until the script is there: an array of calls, each with the place it was made from.
STUB = """<script>(function () {
  const analytics = (window.analytics = []);
  analytics.invoked = true;
  analytics.methods = ["track", "page", "identify", "group", "alias", "reset", "ready", "user", "trackLink",
    "trackForm", "setAnonymousId", "addSourceMiddleware", "on"];
  const told = ["track", "page", "identify", "group", "alias"];
  for (const verb of analytics.methods) analytics[verb] = function (...args) {
    if (window.analytics.initialized) return window.analytics[verb](...args);
    if (told.includes(verb)) args.push({ __t: "bpc", p: location.pathname, u: location.href, t: document.title });
    analytics.push([verb, ...args]);
    return analytics;
  };
  analytics.load = function (key) {
    const script = document.createElement("script");
    script.async = true;
    script.setAttribute("data-global-segment-analytics-key", "analytics");
    script.src = "COLLECTOR_URL/analytics.js/v1/" + key + "/analytics.min.js";
    document.head.append(script);
  };
  window.early = analytics.track;
  analytics._writeKey = "wk_test";
  analytics.load("wk_test");
  CALLS
})()</script>"""


@dataclass
class Site:
    """A site with the snippet, and what its collector got."""

    recorder: Recorder
    collector_url: str
    calls: str = "analytics.page()"
    body: str = "<p>Text.</p>"
    url: str = ""

    def __call__(self, path: str) -> Found:
        stub = STUB.replace("COLLECTOR_URL", self.collector_url).replace("CALLS", self.calls)
        page = f"<!doctype html><html><head><title>Pricing</title>{stub}</head><body>{self.body}</body></html>"
        return 200, "text/html; charset=utf-8", page.encode(), {}


def scripts(path: str) -> Found:
    if path == PATH:
        return 200, "text/javascript", (STATIC / "analytics.js").read_bytes(), {}
    return tracker_file(path)


@pytest.fixture
def site() -> Iterator[Site]:
    recorder = Recorder()
    with ExitStack() as running:
        port = running.enter_context(listening(scripts, recorder=recorder))
        made = Site(recorder, f"http://127.0.0.1:{port}")
        made.url = f"http://127.0.0.1:{running.enter_context(listening(made))}"
        yield made


def opened(site: Site, person: BrowserContext) -> Page:
    """The page, once the script has taken over."""
    page = person.new_page()
    page.goto(site.url + "/pricing")
    page.wait_for_function("window.analytics.initialized && !Array.isArray(window.leadstream)")
    return page


def told(site: Site, count: int) -> list[Event]:
    """What people and pages said, once it is so much."""
    return said(site.recorder.wait(lambda events: len(said(events)) >= count))


def test_calls_of_the_stub_arrive_without_where_they_were_made(site: Site, person: BrowserContext) -> None:
    site.calls = """
      analytics.page("Docs", "Pricing", { plan: "team" });
      analytics.identify("user-81", { email: "nia.berg@quellen.example" });
      analytics.track("Demo Requested", { plan: "pro" }, {}, () => { window.called = true; });
      analytics.group("g1", { name: "Quellen" });
      analytics.alias("user-82", "user-81");
    """
    page = opened(site, person)
    view, identify, track, group, alias = told(site, 5)
    assert (view["type"], view["name"], view["properties"]["category"]) == ("page", "Pricing", "Docs")
    assert (view["properties"]["plan"], view["properties"]["path"]) == ("team", "/pricing")
    assert (identify["userId"], identify["traits"]) == ("user-81", {"email": "nia.berg@quellen.example"})
    assert (track["event"], track["properties"]) == ("Demo Requested", {"plan": "pro"})
    assert (group["groupId"], group["traits"], group["userId"]) == ("g1", {"name": "Quellen"}, "user-81")
    assert (alias["userId"], alias["previousId"]) == ("user-82", "user-81")
    page.wait_for_function("window.called")


def test_later_calls_and_methods_kept_from_the_stub_work_too(site: Site, person: BrowserContext) -> None:
    page = opened(site, person)
    page.evaluate("window.early('Kept'); analytics.track('Later').track('Chained')")
    page.evaluate("analytics.identify({ title: 'CTO' })")
    names = [event.get("event") or event["type"] for event in told(site, 5)]
    assert names == ["page", "Kept", "Later", "Chained", "identify"]


def test_the_page_says_itself_what_a_page_view_is(site: Site, person: BrowserContext) -> None:
    """As with the script that it replaces: else a single-page site would count each page twice."""
    site.calls = "analytics.track('First')"
    page = opened(site, person)
    page.evaluate("history.pushState({}, '', '/docs')")
    page.evaluate("setTimeout(() => analytics.page(), 50)")
    assert [(event["type"], event["context"]["page"].get("path")) for event in told(site, 2)] == [
        ("track", None), ("page", "/docs"),
    ]  # fmt: skip


def test_links_and_forms_are_listened_to(site: Site, person: BrowserContext) -> None:
    site.body = "<a id='a' href='#x'>Download</a><form id='f' action='/thanks'><button>Send</button></form>"
    page = opened(site, person)
    page.evaluate("""
      analytics.trackLink(document.querySelectorAll('a'), 'Clicked', (link) => ({ id: link.id }));
      analytics.trackForm(document.getElementById('f'), 'Sent', { form: 'demo' });
    """)
    page.click("a")
    page.click("button")
    page.wait_for_url("**/thanks*")  # Chromium may never close a page that is just arriving at another
    events = told(site, 4)  # also the view of the page that the form leads to, which may overtake the form
    assert [(event.get("event"), event["properties"].get("id")) for event in events[1:3]] == [
        ("Clicked", "a"), ("Sent", None),
    ]  # fmt: skip


def test_who_segment_knew_stays_who_it_is(site: Site, person: BrowserContext) -> None:
    person.add_cookies([{"name": "ajs_anonymous_id", "value": "0b1c-of-before", "url": site.url}])
    page = opened(site, person)
    assert told(site, 1)[0]["anonymousId"] == "0b1c-of-before"
    assert page.evaluate("analytics.user().anonymousId()") == "0b1c-of-before"


def test_what_we_do_not_do_breaks_no_page(site: Site, person: BrowserContext) -> None:
    site.calls = "analytics.addSourceMiddleware(() => {}); analytics.page()"
    page = opened(site, person)
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    assert page.evaluate("analytics.on('track', () => {}) === analytics")
    assert page.evaluate("analytics.addSourceMiddleware() === analytics")
    page.evaluate("analytics.ready(() => { window.ready = true; })")
    page.wait_for_function("window.ready")
    assert (len(told(site, 1)), failed) == (1, [])
