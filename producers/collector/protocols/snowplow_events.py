"""One Snowplow event (the tracker protocol: short names, every value a text) as an event of ours.

Nothing is made up: a page ping says neither when its page began nor how long it was looked at, so it stays a `track`
event and is no `page_engaged`. What has no place of its own is kept under `context.snowplow`, but for the address.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from msgspec import DecodeError
from msgspec.json import decode

from producers.collector.protocols.queries import of_base64
from producers.collector.reading import mend
from producers.errors import Refused, Unmappable

__all__ = ["Fields", "events_of"]

Fields = Mapping[str, str]
_Event = dict[str, Any]
# Read below, or not ours to keep (`ip` is a whole address; what counts is where the request came from).
_PLACED: Final = frozenset({
    "e", "eid", "aid", "uid", "duid", "tnuid", "nuid", "dtm", "stm", "ttm", "url", "page", "refr", "ua", "lang", "tz",
    "tv", "ip", "co", "cx", "ue_pr", "ue_px", "se_ca", "se_ac", "se_la", "se_pr", "se_va",
})  # fmt: skip


def events_of(said: Fields, identify: frozenset[str]) -> list[_Event]:
    """The event, and an identify for each entity whose schema (`vendor/name`) is in `identify`. Raises Unmappable."""
    kind = said.get("e", "")
    if kind not in _KINDS:
        raise Unmappable(f"no such event type: {kind[:32] or 'none'}")
    entities = [_described(one) for one in _list(_envelope(said, "co", "cx"))]
    common = _common(said, entities)
    event = common | _KINDS[kind](said)
    if event.pop("schema", None) in identify:
        event = common | {"type": "identify", "traits": event["properties"]}
    known = [one for schema, one in entities if schema in identify]
    return [event, *(_identify(common, number, traits) for number, traits in enumerate(known))]


def _common(said: Fields, entities: list[tuple[str, Any]]) -> _Event:
    """Who, when and where, the same for every type."""
    sent_at = None if "ttm" in said else max(filter(None, (_ms(said, "stm"), _ms(said, "dtm"))), default=None)
    rest = {name: value for name, value in said.items() if name not in _PLACED}
    return _without_none({
        "messageId": said.get("eid"),
        "anonymousId": said.get("duid") or said.get("tnuid") or said.get("nuid"),
        "userId": said.get("uid"),
        "timestamp": _ms(said, "ttm") or _ms(said, "dtm"),
        "sentAt": sent_at,  # some trackers cut `stm` to whole seconds, then it lies before the event
        "context": _without_none({
            "page": _page_of(said) or None,
            "userAgent": said.get("ua"),
            "locale": said.get("lang"),
            "timezone": said.get("tz"),
            "library": {"name": "snowplow", "version": said.get("tv", "")},
            "snowplow": rest | {"entities": [{"schema": schema, "data": data} for schema, data in entities]},
        }),
    })  # fmt: skip


def _page_view(said: Fields) -> _Event:
    return {"type": "page", "name": said.get("page"), "properties": _page_of(said)}


def _page_ping(said: Fields) -> _Event:
    scrolled = {name: said[name] for name in ("pp_mix", "pp_max", "pp_miy", "pp_may") if name in said}
    return {"type": "track", "event": "page_ping", "properties": _page_of(said) | scrolled}


def _structured(said: Fields) -> _Event:
    """Named by its category and action, `video play`: an action alone says too little."""
    value: str | float | None = said.get("se_va")
    with suppress(TypeError, ValueError):
        value = float(value or "")
    properties = {
        "category": said.get("se_ca"), "action": said.get("se_ac"), "label": said.get("se_la"),
        "property": said.get("se_pr"), "value": value,
    }  # fmt: skip
    name = " ".join(filter(None, (said.get("se_ca"), said.get("se_ac"))))
    return {"type": "track", "event": name, "properties": _without_none(properties)}


def _self_describing(said: Fields) -> _Event:
    """Named by its schema; a form and a screen become what we know them as."""
    schema, data = _described(_envelope(said, "ue_pr", "ue_px"))
    properties = data if isinstance(data, dict) else {"value": data}
    name = schema.rpartition("/")[2]
    made: _Event = {"type": "track", "event": name, "properties": properties, "schema": schema}
    if name == "submit_form":
        made |= {"event": "form_submitted", "properties": properties | {"form": properties.get("formId")}}
    elif name == "screen_view":
        made |= {"type": "screen", "name": properties.get("name")}
    return made


def _transaction(said: Fields) -> _Event:
    """The e-commerce events of old trackers: their fields as they are."""
    name = "transaction" if said["e"] == "tr" else "transaction_item"
    return {"type": "track", "event": name, "properties": {k: v for k, v in said.items() if k[:3] in {"tr_", "ti_"}}}


_KINDS: Final[Mapping[str, Callable[[Fields], _Event]]] = {
    "pp": _page_ping,
    "pv": _page_view,
    "se": _structured,
    "ti": _transaction,
    "tr": _transaction,
    "ue": _self_describing,
}


def _identify(common: _Event, number: int, traits: Any) -> _Event:
    """An event of its own, whose id follows from the one that brought it."""
    own = {"messageId": f"{common['messageId']}-identify-{number}"} if "messageId" in common else {}
    return common | own | {"type": "identify", "traits": traits}


def _page_of(said: Fields) -> dict[str, str]:
    places = {"url": "url", "title": "page", "referrer": "refr"}
    return {place: said[name] for place, name in places.items() if said.get(name)}


def _envelope(said: Fields, plain: str, encoded: str) -> Any:
    """The data of a self-describing JSON, which is a text or base64 of it; None where there is none."""
    text = said.get(plain, "").encode()
    if not text and encoded in said:
        try:
            text = of_base64(said[encoded])
        except Refused as error:
            raise Unmappable(f"{encoded}: {error.detail}") from error
    if not text:
        return None
    try:
        found = decode(mend.surrogates(text))
    except (DecodeError, RecursionError, ValueError) as error:
        raise Unmappable(f"{plain}: not JSON") from error
    return found.get("data") if isinstance(found, dict) else None


def _described(one: Any) -> tuple[str, Any]:
    """`vendor/name` of a schema such as `iglu:com.acme/user/jsonschema/1-0-0`, and what it describes."""
    if not isinstance(one, dict) or not isinstance(one.get("schema"), str):
        raise Unmappable("no self-describing JSON")
    schema: str = one["schema"].removeprefix("iglu:")
    return "/".join(schema.split("/")[:2]), one.get("data")


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _ms(said: Fields, name: str) -> int | None:
    """UTC milliseconds; whatever is no number of them says nothing."""
    text = said.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _without_none(said: _Event) -> _Event:
    return {name: value for name, value in said.items() if value is not None}
