"""What a page may be made of by the browser alone: for one person who is known on it, and for nobody else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from schemas.api_keys import SCOPES
from streams.console.api.gate import BURST
from streams.console.app import ConsoleOptions, make_app
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_api import get, is_problem, is_shaped, key_of, written
from tests.unit.console.test_api_audiences import EMAIL, MARA, WITH, card, mark, write
from tests.unit.console.visitor import Visitor, visiting

AWKWARD = 'a/b?c="d"%20],\u00fc'


@pytest.fixture
def program(valkey_url: str, prefix: str, door: MemoryDoor, tmp_path: Path) -> Iterator[Visitor]:
    keys = tmp_path / "api_keys.json"
    written(keys, key_of("pages", "profiles:visitor"), key_of("rest", *(set(SCOPES) - {"profiles:visitor"})))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", api_keys=keys)
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight(rules=WITH))
    with visiting(app) as somebody:
        yield somebody


def profile(program: Visitor, visitor_id: str) -> Any:
    answer = get(program, f"/profiles/visitors/{quote(visitor_id, safe='')}", key="pages")
    assert answer.status_code == 200, answer.text
    is_shaped(answer.json(), "Profile")
    return answer.json()


def test_a_browser_of_somebody_known_is_shown_what_fits_them_and_names_nobody(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    marks = (mark("warm", 1),)
    write(projection, samples, card(samples, visitors=("b1", AWKWARD), segment="compliance", audiences=marks))
    for visitor in ("b1", " b1 ", AWKWARD):
        said = profile(program, visitor)
        assert (said["known"], said["segment"], said["review"], said["audiences"]) == (
            True, "compliance", "mid", ["warm"])  # fmt: skip
    text = get(program, "/profiles/visitors/b1", key="pages").text
    assert not [one for one in (EMAIL, MARA, samples.lead().name, "b1") if one in text]


def test_a_browser_that_nobody_was_named_on_is_anybodys(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    write(projection, samples, card(samples, visitors=("b1",)))
    for visitor in ("b2", "b", "b11", "null"):
        said = profile(program, visitor)
        assert (said["known"], said["review"], said["segment"], said["audiences"]) == (False, "early", "none", [])


def test_a_browser_that_two_share_is_nobodys_and_merged_ones_are_one(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    other = card(samples, lead_id="other", visitors=("b1",), segment="other")
    write(projection, samples, card(samples, visitors=("b1", "b2")), other)
    assert profile(program, "b1")["known"] is False
    assert profile(program, "b2")["known"] is True
    gone = card(samples, lead_id="other", visitors=("b1",), stage="merged", merged_into=MARA)
    write(projection, samples, gone)
    assert profile(program, "b1")["known"] is True


def test_who_is_erased_is_not_known_on_their_browser(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    write(projection, samples, card(samples, visitors=("b1",)))
    assert profile(program, "b1")["known"] is True
    projection.write(erased=[MARA])
    assert profile(program, "b1")["known"] is False


def test_old_figures_are_no_figures(program: Visitor, projection: Projection, samples: Samples) -> None:
    write(projection, samples, card(samples, visitors=("b1",)))
    projection.beat(samples.now - 61_000)
    said = profile(program, "b1")
    assert (said["known"], said["stale"], said["review"]) == (False, True, "early")


def test_it_needs_a_scope_of_its_own_and_that_opens_nothing_else(
    program: Visitor, projection: Projection, samples: Samples
) -> None:
    write(projection, samples, card(samples, visitors=("b1",)))
    is_problem(get(program, "/profiles/visitors/b1", key="rest"), 403, "no-scope")
    is_problem(get(program, f"/leads/{MARA}", key="pages"), 403, "no-scope")
    is_problem(get(program, "/audiences", key="pages"), 403, "no-scope")


def test_a_browser_of_another_site_cannot_ask(program: Visitor, samples: Samples, projection: Projection) -> None:
    """No origin is allowed, whoever asks: neither the answer nor a preflight has a CORS header."""
    write(projection, samples, card(samples, visitors=("b1",)))
    headers = {"origin": "https://shop.example", "authorization": "Bearer pages"}
    asks = {"access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    answer = program.get("/api/v1/profiles/visitors/b1", headers=headers)
    preflight = program.ask("OPTIONS", "/api/v1/profiles/visitors/b1", headers=headers | asks)
    assert preflight.status_code == 405
    for one in (answer, preflight):
        assert not [name for name in one.headers if name.startswith("access-control-")]


def test_an_id_that_cannot_be_one_is_refused(program: Visitor, projection: Projection, samples: Samples) -> None:
    projection.beat(samples.now)
    is_problem(get(program, f"/profiles/visitors/{'x' * 129}", key="pages"), 400, "bad-parameter")


@pytest.fixture
def standing_clock(monkeypatch: pytest.MonkeyPatch, samples: Samples) -> None:
    """The console's: no bucket fills while requests take their time."""
    monkeypatch.setattr("streams.console.app.utc_ms", lambda: samples.now)


@pytest.mark.usefixtures("standing_clock")
def test_it_counts_in_the_rate_of_its_key(program: Visitor, projection: Projection, samples: Samples) -> None:
    projection.beat(samples.now)
    *answers, last = (get(program, "/profiles/visitors/b1", key="pages") for _ in range(BURST + 1))
    assert 429 not in {one.status_code for one in answers}
    is_problem(last, 429, "too-many-requests")
