"""A form that brings files: read whole into memory within a bound, and nowhere else."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from streams.console.access.auth import Auth
from streams.console.access.security import session_of

__all__ = ["File", "Uploaded", "uploaded"]

MOST_PARTS: Final = 20


class File(Struct, frozen=True, kw_only=True):
    """`name`: as the browser says it, without what looks like directories."""

    name: str
    content: bytes


class Uploaded(Struct, frozen=True, kw_only=True):
    """What a form of `multipart/form-data` holds; of fields with one name the last."""

    fields: Mapping[str, str]
    files: Sequence[File]


async def uploaded(request: Request, auth: Auth, *, largest: int) -> Uploaded:
    """The posted form, at most `largest` bytes as a whole: less than what the parser would keep in a file on disk.

    Raises HTTPException: 413 too large, 400 unreadable, 403 without its CSRF token.
    """
    parser = MultiPartParser(request.headers, _once(await _body(request, largest)), max_files=MOST_PARTS,
                             max_fields=MOST_PARTS, max_part_size=largest)  # fmt: skip
    fields: dict[str, str] = {}
    files: list[File] = []
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400) from error
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = value
        elif value.filename:  # without one nothing was chosen
            files.append(File(name=_base(value.filename), content=await value.read()))
    await form.close()
    if not auth.is_csrf(session_of(request), fields.get("csrf", "")):
        raise HTTPException(403)
    return Uploaded(fields=fields, files=files)


async def _body(request: Request, largest: int) -> bytes:
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise HTTPException(403)  # no form of ours, so no token of ours either
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise HTTPException(413)
    return body


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
