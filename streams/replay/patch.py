"""What mends an event before it is replayed: a JSON Merge Patch (RFC 7396), or a JMESPath expression that maps it.

NaN and Infinity, which no event may hold, are read here, so that a patch can take them out.
What identifies an event stays: a patch that drops `messageId` gets it back, one that changes it is refused.
"""

import json
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import jmespath
from jmespath.exceptions import JMESPathError

from streams.core.said import Said, SaidError, Value

__all__ = [
    "BadPatch", "Patch", "expression", "merge_patch", "merged", "named", "one_line", "patched", "same", "written",
]  # fmt: skip

Patch: TypeAlias = Callable[[Any], Any]
"""One JSON value to another; the first is never changed."""
ID: Final = "messageId"
_KINDS: Final = {"list": Said("a list"), "str": Said("a text"), "bool": Said("true or false")}
_NUMBER: Final = Said("a number")


class BadPatch(SaidError):
    """A patch that cannot be read, or what it makes of this event cannot be one; the text is for a person."""


def merged(target: Any, change: Any) -> Any:
    """The target with the change of RFC 7396: null takes away, objects are merged, all else replaces.

    >>> merged({"a": "b", "c": {"d": "e", "f": "g"}}, {"a": "z", "c": {"f": None}})
    {'a': 'z', 'c': {'d': 'e'}}
    >>> merged([1, 2], {"a": None, "b": {"c": None}})
    {'b': {}}
    """
    if not isinstance(change, dict):
        return change
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in change.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made


def merge_patch(text: str) -> Patch:
    """A patch as it was typed. Raises BadPatch."""
    try:
        change = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadPatch(Said("the merge patch is not JSON: %(error)s", {"error": str(error)})) from error
    if not isinstance(change, dict):
        raise BadPatch(Said('a merge patch is a JSON object, such as {"type": "track"}'))
    return lambda event: merged(event, change)


def expression(text: str) -> Patch:
    """A JMESPath expression whose result is the event. Raises BadPatch."""
    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        raise BadPatch(Said("the expression cannot be read: %(error)s", {"error": one_line(error)})) from error

    def applied(event: Any) -> Any:
        try:
            return compiled.search(event)
        except (JMESPathError, TypeError, ValueError, RecursionError) as error:
            said = Said("the expression does not fit this event: %(error)s", {"error": one_line(error)})
            raise BadPatch(said) from error

    return applied


def patched(raw: bytes, patch: Patch) -> bytes:
    """The bytes after the patch; the same bytes where it changes nothing. Raises BadPatch."""
    before = _read(raw)
    after = patch(before)
    if not isinstance(after, dict):
        raise BadPatch(Said("the patch makes %(what)s of it, and an event is an object", {"what": named(after)}))
    if isinstance(before, dict):
        after = _with_id(before.get(ID), after)
    return raw if same(before, after) else written(after).encode(errors="replace")


def same(before: Any, after: Any) -> bool:
    """Whether both are the same JSON: 1, 1.0 and true are equal to Python, and three to whoever reads them.

    >>> same({"a": 1}, {"a": 1}), same({"a": 1}, {"a": True}), same({"a": 1}, {"a": 1.0})
    (True, False, False)
    """
    try:
        return bool(after == before) and json.dumps(after) == json.dumps(before)
    except RecursionError:
        return False


def written(value: Any) -> str:
    """As JSON. Raises BadPatch."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (ValueError, TypeError, RecursionError) as error:
        said = Said("a number in it is still none that JSON knows (NaN, Infinity, or too large)")
        raise BadPatch(said) from error


def _read(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        said = Said("its bytes are not JSON, so nothing can be patched: %(error)s", {"error": one_line(error)})
        raise BadPatch(said) from error


def _with_id(was: Any, after: dict[str, Any]) -> dict[str, Any]:
    """Raises BadPatch."""
    if not isinstance(was, str | int) or isinstance(was, bool) or was == "":
        return after
    if after.get(ID) is None:
        return {**after, ID: was}
    if after[ID] != was:
        raise BadPatch(Said("the patch changes messageId: a copy of this event would then count twice"))
    return after


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def named(value: Any) -> Value:
    """What it is, for a person."""
    if value is None:
        return "null"
    return _KINDS.get(type(value).__name__, _NUMBER)


def one_line(error: Exception) -> str:
    """Its words, short."""
    return " ".join(str(error).split())[:200]
