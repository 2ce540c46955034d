"""How a body is read: its deadline, and who else may end it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from producers.collector.door import body as reading
from producers.collector.door import receipts
from producers.collector.door.body import Disconnected, read_body
from producers.errors import Refusal, Refused


def pieces(*given: bytes, more: bool = False) -> Any:
    """A `receive` that gives these, and waits for ever where more is promised."""
    left: Iterator[bytes] = iter(given)

    async def receive() -> dict[str, Any]:
        piece = next(left, None)
        if piece is None:
            await asyncio.Event().wait()
        last = piece == given[-1]
        return {"type": "http.request", "body": piece, "more_body": more or not last}

    return receive


async def test_pieces_are_joined() -> None:
    assert await read_body(pieces(b"ab", b"cd", b"e"), {}) == b"abcde"


@pytest.mark.parametrize("given", [(), (b"a", b"b")])
async def test_who_is_too_slow_is_told_and_nobody_else_is(given: tuple[bytes, ...], monkeypatch: Any) -> None:
    monkeypatch.setattr(receipts, "DEADLINE_S", 0.05)
    monkeypatch.setattr(receipts, "EVERY_S", 0.01)
    with pytest.raises(Refused) as refused:
        await read_body(pieces(*given, more=True), {})
    assert refused.value.reason is Refusal.SLOW
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()  # the request goes on, to answer
    assert reading._RECEIPTS._since == {}


@pytest.mark.parametrize("said", [b"2", b"3", b"02", b"two", None])
@pytest.mark.parametrize("chunks", [False, True])
async def test_a_body_ends_with_the_length_that_was_declared_and_only_so(said: bytes | None, chunks: bool) -> None:
    headers = {name: value for name, value in [
        (b"content-length", said), (b"transfer-encoding", b"chunked" if chunks else None),
    ] if value is not None}  # fmt: skip
    given = pieces(b"ab", b"c", more=False)
    whole = said == b"2" and not chunks
    assert await read_body(given, headers) == (b"ab" if whole else b"abc")


async def test_an_empty_piece_of_a_body_without_a_length_is_not_its_end() -> None:
    assert await read_body(pieces(b"", b"a"), {}) == b"a"


async def test_a_task_that_is_cancelled_by_others_stays_cancelled() -> None:
    task = asyncio.create_task(read_body(pieces(b"a", more=True), {}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reading._RECEIPTS._since == {}


async def test_a_sender_that_leaves_in_the_middle_is_cut_off() -> None:
    said = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(said)

    with pytest.raises(Disconnected) as refused:
        await read_body(receive, {})
    assert refused.value.reason is Refusal.CUT_OFF


async def test_crumbs_and_giants_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        await read_body(pieces(*[b"x"] * 9_000, more=True), {})
    assert refused.value.reason is Refusal.PIECES
    for headers in ({b"content-length": b"900000"}, {b"content-length": b"9" * 5_000}, {}):
        with pytest.raises(Refused) as refused:
            await read_body(pieces(*[b"x" * 100_000] * 6, more=True), headers)
        assert refused.value.reason is Refusal.TOO_LARGE
