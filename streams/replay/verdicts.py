"""What the worker would make of a record now: the same decoder, the same rules, nothing written."""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from schemas.activity import OUR_CLOCK
from schemas.codec import POSTS, SIGNALS, TOUCHES, BlockCodec
from schemas.errors import FromTheFuture
from schemas.rejected import Reason
from streams.core.events.facts import Facts
from streams.core.events.visits import decode_visits
from streams.core.rules import Rules
from streams.core.said import Name, Row, Said, Value
from streams.inbox import Put

__all__ = ["Judge", "Judgement", "Verdict", "judged"]

Judgement: TypeAlias = Literal["accepted", "left_out", "rejected"]
Judge: TypeAlias = Callable[[Put], "Verdict"]
_CODECS: Final[dict[str, BlockCodec[Any]]] = {"touches": TOUCHES, "signals": SIGNALS, "posts": POSTS}


class Verdict(Struct, frozen=True, kw_only=True):
    """`reason` and `detail`: why it is not accepted. `means`: what the rules see in it, and the points of each."""

    said: Judgement
    reason: str = ""
    detail: str = ""
    means: tuple[tuple[Value, float | None], ...] = ()


def judged(put: Put, rules: Rules) -> Verdict:
    """Whether a record can be read, and what its first event means. Whether its fold works shows when it is folded."""
    if put.topic == "visits":
        return _of_visits(put.value, rules)
    good, bad = _CODECS[put.topic].decode(put.value)
    if bad:
        return Verdict(said="rejected", reason=bad[0].error.reason, detail=bad[0].error.detail)
    return Verdict(said="accepted", means=tuple((str(one.__struct_config__.tag), None) for one in good))


def _of_visits(value: bytes, rules: Rules) -> Verdict:
    try:
        facts, refused, filtered = decode_visits(value, rules)
    except FromTheFuture as error:
        return Verdict(said="rejected", reason=Reason.SCHEMA, detail=str(error))
    if refused:
        return Verdict(said="rejected", reason=refused[0].error.reason, detail=refused[0].error.detail)
    if facts:
        return Verdict(said="accepted", means=_means(facts[0], rules))
    return Verdict(said="left_out", reason=next(iter(filtered), "nothing in it"))


def _means(facts: Facts, rules: Rules) -> tuple[tuple[Value, float | None], ...]:
    scored = rules.scoring.by_name
    said: list[tuple[Value, float | None]] = [
        (Name(name), scored[name].points if name in scored else None) for name in facts.hits if name != OUR_CLOCK
    ]
    said += [(Said("page: %(kind)s", {"kind": Name(page.kind)}), None) for page in facts.pages]
    said += [(Said("milestone: %(kind)s", {"kind": Name(one.kind)}), None) for one in facts.milestones]
    said += [(Said("time by our clock"), None)] if OUR_CLOCK in facts.hits else []
    said += [(Said("names a person"), None)] if facts.claims else []
    traits = Row(tuple(map(Name, sorted(facts.traits))))
    said += [(Said("traits: %(names)s", {"names": traits}), None)] if facts.traits else []
    return tuple(said)
