"""Every example goes through its codec and its JSON Schema; every event of them through the worker's reading too."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest

from schemas import codec
from schemas.codec import EVENT, BlockCodec
from schemas.delivery import Delivery
from schemas.events import AnyEvent
from schemas.generate import DOCUMENTED, text_of
from schemas.ids import Naming
from schemas.topics import TOPICS
from streams.core.events.site import Facts, route
from streams.rules_files import read_rules

HOUSE = Path(str(files("schemas")))
EXAMPLES = sorted((HOUSE / "examples").glob("*/*.json"))
EVENTS = {str(one.__struct_config__.tag): one for one in get_args(AnyEvent)}
RECEIVED_AT = 1_795_252_980_000
CODECS: dict[str, Any] = dict.fromkeys(EVENTS, EVENT) | {
    "visits": codec.VISITS_TYPED,
    "touches": codec.TOUCHES,
    "signals": codec.SIGNALS,
    "posts": codec.POSTS,
    "leads": codec.LEAD_CARD,
    "accounts": codec.ACCOUNT_CARD,
    "alerts": codec.ALERT_CARD,
    "transitions": codec.TRANSITION,
    "rejected": codec.REJECTED,
    "replayed": codec.REPLAYED,
}
each_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")


def decoded(path: Path) -> Any:
    """What the codec of its folder reads. Raises Undecodable, or AssertionError for a block with a bad item."""
    reader = CODECS[path.parent.name]
    if not isinstance(reader, BlockCodec):
        return reader.decode(path.read_bytes())
    good, bad = reader.decode(path.read_bytes())
    assert bad == (), [refused.error for refused in bad]
    return good


def test_nothing_that_travels_lacks_codec_schema_or_example() -> None:
    names = {*EVENTS, *(topic.name for topic in TOPICS), "replayed"}  # notes lie in `rejected`
    assert set(DOCUMENTED) == names
    assert set(CODECS) == names
    assert {path.parent.name for path in EXAMPLES} == names
    assert {path.stem for path in (HOUSE / "json").glob("*.json")} == names


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_schema_files_are_fresh(name: str) -> None:
    """`python -m schemas.generate` writes them anew."""
    assert (HOUSE / "json" / f"{name}.json").read_text("utf-8") == text_of(name)


def grown(newer: Any, older: Any) -> bool:
    """Whether all that the older says is still there: messages may gain fields, and never lose or change one."""
    if isinstance(older, dict):
        return isinstance(newer, dict) and all(name in newer and grown(newer[name], older[name]) for name in older)
    if isinstance(older, list):
        return isinstance(newer, list) and len(newer) >= len(older) and all(map(grown, newer, older))
    return bool(newer == older)


@each_example
def test_its_codec_reads_it_and_loses_nothing(path: Path) -> None:
    """Events keep their original bytes and are read in part only: of them the delivery is compared."""
    example = json.loads(path.read_text("utf-8"))
    if path.parent.name == "visits":
        deliveries, _ = codec.VISITS.decode(path.read_bytes())
        assert json.loads(codec.encode(deliveries)) == example
    elif path.parent.name not in EVENTS:
        assert grown(json.loads(codec.encode(decoded(path))), example)
    else:
        decoded(path)


@each_example
def test_its_schema_accepts_it(path: Path) -> None:
    schema = json.loads((HOUSE / "json" / f"{path.parent.name}.json").read_text("utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [str(error) for error in validator.iter_errors(json.loads(path.read_text("utf-8")))] == []


def test_every_kind_of_message_has_an_example() -> None:
    for topic in ("touches", "signals", "posts"):
        tags = {one["t"] for path in EXAMPLES if path.parent.name == topic for one in json.loads(path.read_bytes())}
        union = get_args(get_args(DOCUMENTED[topic])[0])
        assert tags == {one.__struct_config__.tag for one in union}


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.parent.name in EVENTS], ids=lambda path: path.stem)
def test_the_worker_understands_every_event(path: Path) -> None:
    delivery = Delivery(received_at=RECEIVED_AT, source="site", user_agent="Mozilla/5.0 (X11) Firefox/145.0", events=[])
    rules = read_rules(None, Naming(b"no secret, only long enough"))
    facts = route(decoded(path), delivery, rules)
    assert isinstance(facts, Facts)
    assert facts.to
