"""Every page of the console in every state: what axe looks through and `make screenshots` takes pictures of.

A new page needs a line here; tests/unit/console/test_views.py fails without one.
"""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import Final, Literal, TypeAlias

from msgspec import Raw, Struct
from playwright.sync_api import Page, expect

from schemas.codec import encode, encode_block
from schemas.delivery import Delivery
from streams.console.access.roles import Role
from streams.console.tongue import language_named, tongue_of
from tests.browser.rules_tried import DRAFT
from tests.browser.scenery import PASSWORD, USER, Scene, Scenery
from tests.unit.console.folded_lead import ADA
from tests.unit.console.samples import ALERT_ID, LEAD_ID

__all__ = ["NO_PAGES", "VIEWS", "View"]

Who: TypeAlias = Role | Literal["nobody"]
Act: TypeAlias = Callable[[Page, Scenery], None]


class View(Struct, frozen=True):
    """One page in one state. `name`: of its pictures. `address`: its line of rights.py. `path`: what is opened.

    `scene`: what Redis holds. `act`: how the state is reached that no address leads to; `sized`: what
    is done for each width besides. `alone`: without Kafka.
    """

    name: str
    address: str
    path: str
    scene: Scene = "full"
    who: Who = "operator"
    status: int = 200
    act: Act | None = None
    sized: Callable[[Page], None] | None = None
    alone: bool = False


def _said(page: Page, text: str) -> str:
    """In the language of the page, as far as its first value."""
    language = language_named(page.locator("html").get_attribute("lang") or "")
    assert language is not None, page.url
    return tongue_of(language).say(text).partition("%(")[0].strip()


def _dismiss(page: Page, _: Scenery) -> None:
    page.locator("details.dismiss > summary").first.click()


def _search(page: Page, _: Scenery) -> None:
    page.get_by_role("searchbox").press_sequentially("north")
    expect(page.locator("#find-found li")).to_have_count(2)


def _menu(page: Page) -> None:
    opener = page.locator("#menu-opener")
    if opener.is_visible() and not page.locator("#menu").is_visible():  # on a phone
        opener.click()


def _by_password(page: Page, scenery: Scenery) -> None:
    page.get_by_label(_said(page, "Your name")).fill(USER)
    page.get_by_label(_said(page, "Password")).fill(PASSWORD)
    page.get_by_role("button", name=_said(page, "Sign in")).click()
    page.wait_for_url(f"{scenery.url}/me")


def _by_company(page: Page, scenery: Scenery) -> None:
    scenery.company_comes()
    name, value = scenery.company_cookie()
    page.context.add_cookies([{"name": name, "value": value, "url": scenery.url}])
    page.goto(f"{scenery.url}/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("Priya Raman")


def _signed_out_elsewhere(page: Page, scenery: Scenery) -> None:
    _by_company(page, scenery)
    page.get_by_role("button", name=_said(page, "Sign out in other browsers")).click()
    expect(page.get_by_role("status").first).to_contain_text(
        _said(page, "Your sessions in other browsers ended. This one goes on.")
    )


def _provider_away(page: Page, _: Scenery) -> None:
    page.get_by_role("link", name=_said(page, "Sign in with your company account")).click()
    expect(page.get_by_role("alert")).to_be_visible()


def _ended_company(page: Page, scenery: Scenery) -> None:
    scenery.company_comes()
    page.reload()
    page.locator("#others form").last.get_by_role("button").click()
    expect(page.get_by_role("status").first).to_be_visible()


def _wrong_passwords(page: Page, scenery: Scenery) -> None:
    for _ in range(5):
        page.request.post(f"{scenery.url}/login", form={"name": "guess", "password": "guess"})
    page.get_by_label(_said(page, "Your name")).fill("guess")
    page.get_by_label(_said(page, "Password")).fill("guess")
    page.get_by_role("button", name=_said(page, "Sign in")).click()
    expect(page.get_by_role("alert")).to_contain_text(_said(page, "Too many tries. Wait %(n)s s."))


def _nothing_changed(page: Page, _: Scenery) -> None:
    page.get_by_role("button", name=_said(page, "Claim")).first.click()
    said = "This did not get through, because Kafka does not answer. Nothing has changed: try again in a moment."
    expect(page.get_by_role("alert")).to_contain_text(_said(page, said))


def _events(page: Page, scenery: Scenery) -> None:
    expect(page.locator("#debugger-state")).to_have_text(_said(page, "Listening"))
    made = Delivery(received_at=time_ns() // 1_000_000, source="site", events=[
        Raw(encode({"type": "page", "anonymousId": "v1", "messageId": "m7",
                    "properties": {"url": "https://northwind-robotics.example/pricing"}})),
        Raw(encode({"type": "purchase", "anonymousId": "v1", "messageId": "m8"})),
    ])  # fmt: skip
    scenery.bus.write("visits", [(0, encode_block([encode(made)]))])
    expect(page.locator("#debugger-events > li")).to_have_count(2)


def _kafka_away(page: Page, _: Scenery) -> None:
    expect(page.locator("#debugger-away")).to_be_visible()


def _moves_away(page: Page, _: Scenery) -> None:
    """They are being read at first; the page asks again by itself."""
    expect(page.get_by_role("heading", level=1)).to_have_text(_said(page, "The moves cannot be read"))


def _rows_away(page: Page, _: Scenery) -> None:
    expect(page.get_by_role("heading", level=2)).to_have_text(_said(page, "The rows cannot be read"))


def _redis_hangs(page: Page, scenery: Scenery) -> None:
    scenery.freeze()
    expect(page.locator("#lost")).to_be_visible()


def _wrong_rules(page: Page, _: Scenery) -> None:
    page.get_by_label(_said(page, "B: files of rules")).set_input_files({
        "name": "scoring.toml", "mimeType": "text/plain", "buffer": b'[[rule]]\nname = "pricing_page"\nkeeps = 3\n',
    })  # fmt: skip
    page.get_by_role("button", name=_said(page, "Compare")).click()
    expect(page.locator(".field-problem")).to_contain_text("scoring.toml:")


def _preview(page: Page, _: Scenery) -> None:
    page.locator("textarea").fill('{"type": "track", "event": "Viewed pricing"}')
    page.get_by_role("button", name=_said(page, "Preview")).click()
    expect(page.locator("#said")).to_be_visible()


def _change(page: Page, _: Scenery) -> None:
    page.locator(".people summary").last.click()


def _new_link(page: Page, _: Scenery) -> None:
    person = page.locator(".people > li").filter(has_text="Tom Okafor")
    person.locator("summary").click()
    person.get_by_role("button", name=_said(page, "New one-time link")).click()
    expect(page.locator("#invited")).to_be_visible()


def _last_operator(page: Page, _: Scenery) -> None:
    page.locator(".people summary").first.click()
    expect(page.locator(".people details[open]")).to_contain_text(
        _said(page, "The last operator who can sign in keeps the role: make somebody else one first.")
    )


def _first_password(page: Page, scenery: Scenery) -> None:
    page.goto(scenery.password_link())
    expect(page.get_by_label(_said(page, "The same again"))).to_be_visible()


ACCOUNT: Final = "northwind-robotics.example"
VIEWS: Final = (
    View("inbox", "GET /", "/"),
    View("inbox-viewer", "GET /", "/", who="viewer"),
    View("inbox-dismiss", "GET /", "/", act=_dismiss),
    View("inbox-without-kafka", "GET /", "/", act=_nothing_changed, alone=True),
    View("inbox-empty", "GET /", "/", "empty"),
    View("inbox-stale", "GET /", "/", "stale"),
    View("inbox-filling", "GET /", "/", "filling"),
    View("inbox-unseen", "GET /", "/", "unseen"),
    View("inbox-lost", "GET /", "/", "hangs", act=_redis_hangs),
    View("inbox-away", "GET /", "/", "away", status=503),
    View("menu", "GET /closed", "/closed", sized=_menu),
    View("closed", "GET /closed", "/closed"),
    View("closed-empty", "GET /closed", "/closed", "empty"),
    View("alert", "GET /alerts/{alert_id}", f"/alerts/{ALERT_ID}"),
    View("alert-held", "GET /alerts/{alert_id}", "/alerts/al_held"),
    View("alert-held-mine", "GET /alerts/{alert_id}", "/alerts/al_held_mine"),
    View("alert-closed", "GET /alerts/{alert_id}", "/alerts/al_closed"),
    View("alert-snoozed", "GET /alerts/{alert_id}", "/alerts/al_snoozed"),
    View("alert-claimed", "GET /alerts/{alert_id}", "/alerts/al_claimed"),
    View("alert-unknown", "GET /alerts/{alert_id}", "/alerts/al_none", status=404),
    View("leads", "GET /leads", "/leads"),
    View("leads-empty", "GET /leads", "/leads", "empty"),
    View("lead", "GET /leads/{lead_id}", f"/leads/{LEAD_ID}"),
    View("lead-met", "GET /leads/{lead_id}", f"/leads/{ADA}"),
    View("lead-stale", "GET /leads/{lead_id}", f"/leads/{LEAD_ID}", "stale"),
    View("lead-viewer", "GET /leads/{lead_id}", f"/leads/{LEAD_ID}", who="viewer"),
    View("lead-merge", "GET /leads/{lead_id}/merge", f"/leads/{LEAD_ID}/merge?q=freja"),
    View("lead-unmerge", "GET /leads/{lead_id}/unmerge", f"/leads/{LEAD_ID}/unmerge", status=422),
    View("lead-browser", "GET /leads/{lead_id}/browser", f"/leads/{LEAD_ID}/browser?visitor=b7c8e1f0-laptop"),
    View("lead-erase", "GET /leads/{lead_id}/erase", f"/leads/{LEAD_ID}/erase"),
    View("accounts", "GET /accounts", "/accounts"),
    View("accounts-empty", "GET /accounts", "/accounts", "empty"),
    View("account", "GET /accounts/{account_id:path}", f"/accounts/{ACCOUNT}"),
    View("account-quiet", "GET /accounts/{account_id:path}", "/accounts/tern-optics.example"),
    View("audiences", "GET /audiences", "/audiences"),
    View("audiences-empty", "GET /audiences", "/audiences", "empty"),
    View("audiences-none", "GET /audiences", "/audiences", alone=True),
    View("search", "GET /search", "/search?q=n"),
    View("search-none", "GET /search", "/search?q=nobody"),
    View("search-field", "GET /search", "/search", act=_search),
    View("flow", "GET /flow", "/flow?by=medium"),
    View("flow-accounts", "GET /flow", "/flow?of=accounts&by=medium"),
    View("flow-costs", "GET /flow/costs", "/flow/costs"),
    View("flow-none", "GET /flow", "/flow?program=none-such"),
    View("flow-without-kafka", "GET /flow", "/flow", alone=True, act=_moves_away),
    View("report-executives", "GET /flow/report/{reader}", "/flow/report/executives"),
    View("report-leaders", "GET /flow/report/{reader}", "/flow/report/leaders"),
    View("report-staff", "GET /flow/report/{reader}", "/flow/report/staff"),
    View("supply", "GET /supply", "/supply?sdrs=3&attempts=4"),
    View("supply-viewer", "GET /supply", "/supply?sdrs=3&attempts=4", who="viewer"),
    View("supply-without-kafka", "GET /supply", "/supply", alone=True, act=_rows_away),
    View("rules", "GET /rules", "/rules"),
    View("rules-first", "GET /rules", "/rules", alone=True),
    View("rules-compare", "GET /rules/compare", f"/rules/compare?b=draft:{DRAFT}"),
    View("rules-compare-choice", "GET /rules/compare", "/rules/compare"),
    View("rules-paste", "GET /rules/paste", "/rules/paste"),
    View("rules-paste-wrong", "GET /rules/paste", "/rules/paste", act=_wrong_rules),
    View("rules-review", "GET /rules/review", "/rules/review"),
    View("rules-review-none", "GET /rules/review", "/rules/review", alone=True),
    View("rejected", "GET /rejected", "/rejected"),
    View("rejected-none", "GET /rejected", "/rejected?text=none-such"),
    View("rejected-empty", "GET /rejected", "/rejected", "empty"),
    View("rejected-403", "GET /rejected", "/rejected", who="rep", status=403),
    View("replay", "GET /rejected/{place}", "/rejected/0:0"),
    View("replay-preview", "GET /rejected/{place}", "/rejected/0:0", act=_preview),
    View("channels", "GET /channels", "/channels"),
    View("channels-empty", "GET /channels", "/channels", "empty"),
    View("users", "GET /users", "/users"),
    View("users-change", "GET /users", "/users", act=_change),
    View("users-link", "GET /users", "/users", act=_new_link),
    View("users-last", "GET /users", "/users", act=_last_operator),
    View("users-company-ended", "GET /users", "/users", act=_ended_company),
    View("users-none", "GET /users", "/users", alone=True),
    View("first-password", "GET /login/password/{token}", "/login/password/none", who="nobody", status=409,
         act=_first_password),
    View("first-password-spent", "GET /login/password/{token}", "/login/password/none", who="nobody", status=409),
    View("live-events", "GET /debugger", "/debugger", act=_events),
    View("live-events-empty", "GET /debugger", "/debugger"),
    View("live-events-without-kafka", "GET /debugger", "/debugger", act=_kafka_away, alone=True),
    View("me", "GET /me", "/me"),
    View("me-user", "GET /me", "/login?next=/me", who="nobody", act=_by_password),
    View("me-company", "GET /me", "/login", who="nobody", act=_by_company),
    View("me-elsewhere", "GET /me", "/login", who="nobody", act=_signed_out_elsewhere),
    View("login", "GET /login", "/login", who="nobody"),
    View("login-provider-away", "GET /login", "/login", who="nobody", act=_provider_away),
    View("login-429", "GET /login", "/login", who="nobody", act=_wrong_passwords),
    View("login-by-link", "GET /login", "/login", who="nobody", alone=True),
    View("link-spent", "GET /login/{token}", "/login/spent", who="nobody", status=401),
    View("error-405", "GET /login", "/logout", status=405),
)
# What a GET answers that nobody reads as a page.
NO_PAGES: Final[Mapping[str, str]] = {
    "GET /flow/costs.csv": "CSV", "GET /flow/table.csv": "CSV", "GET /rules/compare.csv": "CSV",
    "GET /rules/review.csv": "CSV",
    "GET /leads/{lead_id}/export.json": "JSON", "GET /live": "events", "GET /debugger/live": "events",
    "GET /healthz": "a word",
    "GET /readyz": "JSON", "GET /metrics": "figures", "GET /favicon.ico": "leads on",
    "GET /login/openid": "leads to the provider, or nowhere", "GET /login/openid/back": "leads on, or to the sign-in",
}  # fmt: skip
