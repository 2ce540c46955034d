"""The page of audiences: rules in words, sizes, who entered and left last. On a real Valkey."""

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from schemas.codec import encode
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_api_audiences import WITH, mark
from tests.unit.console.visitor import Visitor, visiting

MARKUP = next(one for one in HOSTILE if "<" in one)


@pytest.fixture
def reader_of_audiences(valkey_url: str, prefix: str, door: MemoryDoor) -> Iterator[Visitor]:
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    with visiting(make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight(rules=WITH))) as one:
        assert one.get(one_time_link(SECRET, "http://testserver", name="Ines Duarte")).status_code == 303
        yield one


def text(visitor: Visitor) -> str:
    page = visitor.get("/audiences")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_each_audience_says_its_rule_and_who_came_and_went(
    reader_of_audiences: Visitor, projection: Projection, samples: Samples
) -> None:
    """Ask A49."""
    came = replace(samples.lead(), lead_id="came", name=MARKUP, audiences=(mark("warm", samples.now),))
    left = mark("warm", samples.now, is_in=False)
    went = replace(samples.lead(), lead_id="went", name="Tomas Vega", audiences=(left,))
    projection.write(leads=[(one.lead_id, encode(one)) for one in (came, went)])
    said = text(reader_of_audiences)
    assert "Warm warm · 1 lead · score is at least 60 Entered last" in said
    assert "Left last Tomas Vega" in said
    assert "Quiet quiet · 0 leads · stage is nurture · no webhook hears of it" in said
    assert "Nobody is in it now." in said
    assert MARKUP not in reader_of_audiences.get("/audiences").text


def test_without_audiences_it_says_what_one_is(rep: Visitor) -> None:
    assert "An audience is a rule in audiences.toml" in text(rep)
