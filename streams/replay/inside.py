"""Documents that lie as text in a field of a body, as Amazon's word on a mail lies in `Message` of its envelope.

What is around them stays as it was, so a patch of the document cannot touch the id by which its body counts once.
"""

import json
from itertools import islice
from typing import Any, Final

from streams.core.said import Said
from streams.replay.patch import BadPatch, Patch, named, one_line, same, written

__all__ = ["document_in", "documents_of", "inside"]

MOST: Final = 8


def documents_of(raw: bytes) -> tuple[str, ...]:
    r"""The fields of a body whose text is a JSON object, eight at most. Never raises.

    >>> documents_of(b'{"Type": "Notification", "Message": "{\\"eventType\\": \\"Open\\"}"}')
    ('Message',)
    """
    body = _read(raw)
    if not isinstance(body, dict):
        return ()
    return tuple(islice((name for name, text in body.items() if _is_document(text)), MOST))


def document_in(raw: bytes, name: str) -> bytes:
    """What lies in this field, or the whole body where no text does. Never raises."""
    body = _read(raw)
    text = body.get(name) if isinstance(body, dict) else None
    return text.encode(errors="replace") if isinstance(text, str) else raw


def inside(patch: Patch, name: str) -> Patch:
    """The same patch, of the document in this field. What it makes raises BadPatch for a body without such a one."""

    def applied(body: Any) -> Any:
        text = body.get(name) if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise BadPatch(Said("its body has no text in %(field)s, so nothing can be patched there", {"field": name}))
        try:
            before = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadPatch(Said("the text in %(field)s is not JSON, so nothing can be patched: %(error)s",
                                {"field": name, "error": one_line(error)})) from error  # fmt: skip
        after = patch(before)
        if not isinstance(after, dict):
            raise BadPatch(Said("the patch makes %(what)s of what lies in %(field)s, and that is an object",
                                {"what": named(after), "field": name}))  # fmt: skip
        return body if same(before, after) else {**body, name: written(after)}

    return applied


def _is_document(text: Any) -> bool:
    return isinstance(text, str) and text.lstrip()[:1] == "{" and isinstance(_read(text), dict)


def _read(raw: bytes | str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None
