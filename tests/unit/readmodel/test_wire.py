"""Commands in one piece: what redis-py would have sent, in a buffer that is used again."""

import pytest
from redis.connection import PythonRespSerializer

from streams.readmodel.wire import Argument, Packer, Wire


def sent(*arguments: bytes | str | int) -> bytes:
    """By redis-py's own packer."""
    packer = PythonRespSerializer(6_000, lambda one: one if isinstance(one, bytes) else str(one).encode())  # type: ignore[no-untyped-call]
    return b"".join(packer.pack(*arguments))  # type: ignore[no-untyped-call]


def packed(wire: Wire, *arguments: Argument) -> bytes:
    with wire.packed(*arguments) as whole:
        return bytes(whole)


def test_pieces_are_one_argument_and_all_else_is_as_redis_py_packs_it() -> None:
    big = b"x" * 10_000
    assert packed(Wire(), "EVALSHA", "é", 1, b"", [b"a", big, b""], []) == sent("EVALSHA", "é", 1, b"", b"a" + big, b"")


def test_a_shorter_command_holds_nothing_of_the_longer_one_before_it() -> None:
    wire = Wire()
    packed(wire, "EVALSHA", [b"long" * 1_000])
    assert packed(wire, "GET", "a") == sent("GET", "a")


def test_a_command_that_failed_does_not_hold_the_buffer() -> None:
    wire = Wire()
    with pytest.raises(ConnectionError), wire.packed("GET", "a"):
        raise ConnectionError
    assert packed(wire, "SET", "a", "b" * 10_000) == sent("SET", "a", "b" * 10_000)


def test_the_packer_sends_what_is_whole_as_it_is_and_packs_all_else() -> None:
    with Wire().packed("GET", "a") as whole:
        assert Packer().pack("GET", whole) == [whole]
    assert b"".join(Packer().pack("SET", "a", 1)) == sent("SET", "a", 1)
