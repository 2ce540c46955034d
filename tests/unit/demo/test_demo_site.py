"""The demo site without a browser: each page has the snippet, each link leads somewhere, each path has a meaning."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.demo.settings import DemoSettings
from deploy.local.demo.site import PAGES, site
from deploy.local.demo.snippet import content_policy, snippet
from schemas.ids import Naming
from streams.rules_files import read_rules

URL = "http://127.0.0.1:9000"


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    settings = DemoSettings(port=8090, collector_url=URL, write_key="wk_demo")
    transport = httpx.ASGITransport(site(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.example") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_carries_the_snippet_as_users_paste_it(visitor: httpx.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)
    assert answer.status_code == 200
    assert answer.text.count(snippet(URL, "wk_demo")) == 1


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_leads_somewhere(visitor: httpx.AsyncClient, path: str) -> None:
    for target in set(re.findall(r'(?:href|src)="(/[^"]*)"', (await visitor.get(path)).text)):
        assert (await visitor.get(target)).status_code == 200, target


def test_the_policy_lets_the_stub_and_the_collector_in_and_nobody_else() -> None:
    stub = re.findall(r"<script>(.*?)</script>", snippet(URL, "wk_demo"))[0]
    policy = dict(part.split(" ", 1) for part in content_policy(snippet(URL, "wk_demo"), f"{URL}/").split("; "))
    digest = base64.b64encode(hashlib.sha256(stub.encode()).digest()).decode()
    assert policy["script-src"] == f"'sha256-{digest}' {URL}"
    assert policy["connect-src"] == URL
    assert policy["default-src"] == "'none'"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/pricing", "pricing"), ("/comparison", "comparison"), ("/product", "product"), ("/careers", "careers")],
)
def test_the_packaged_rules_know_its_pages(path: str, kind: str) -> None:
    rules = read_rules(None, Naming(b"a secret for a test only"))
    assert rules.site.page(path).kind == kind


async def test_the_form_goes_on_to_the_thanks(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/inquiry", data={"name": "Jonas Weber"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/thanks")


async def test_a_name_that_is_no_page_is_404_in_style(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "not on the shelf" in answer.text
    assert "alert(1)" not in answer.text


@pytest.mark.parametrize(
    ("name", "value"),
    [("collector_url", "javascript:alert(1)"), ("collector_url", 'http://a"b'), ("write_key", 'a"><b'), ("port", 0)],
)
def test_settings_that_would_break_the_page_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        DemoSettings(**{"collector_url": URL, "write_key": "wk_demo", name: value})
