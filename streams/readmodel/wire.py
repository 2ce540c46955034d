"""A command as it travels to Redis: one piece, in a buffer that is kept and handed to the socket as it is.

Each piece that is sent by itself wakes Redis up, and what is large is not copied twice: hundreds of cards are laid end
to end where they leave from. A fresh buffer each time would be paid for in pages that the kernel has to clear.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Final, TypeAlias

from redis.connection import PythonRespSerializer

__all__ = ["Argument", "Packer", "Wire"]

Argument: TypeAlias = bytes | str | int | Sequence[bytes]
"""Several pieces of bytes are one argument, end to end."""

CUT_OFF: Final = 6_000  # bytes: redis-py's own


class Packer(PythonRespSerializer):
    """redis-py's, for clients that are also handed commands of a `Wire`."""

    def __init__(self) -> None:
        super().__init__(CUT_OFF, _plain)

    def pack(self, *args: Any) -> list[bytes | memoryview]:
        """What is whole already goes as it is, whatever stands before it."""
        whole = args[-1]
        if isinstance(whole, memoryview):
            return [whole]
        packed: list[bytes | memoryview] = super().pack(*args)  # type: ignore[no-untyped-call]  # redis-py
        return packed


class Wire:
    """The buffer. It grows to its largest command; one thread at a time may use it."""

    def __init__(self) -> None:
        self._buffer = BytesIO()

    @contextmanager
    def packed(self, *arguments: Argument) -> Iterator[memoryview]:
        """The whole command, for as long as the context lasts."""
        self._buffer.seek(0)
        self._buffer.write(b"*%d\r\n" % len(arguments))
        for one in arguments:
            pieces = [_plain(one)] if isinstance(one, bytes | str | int) else one
            self._buffer.write(b"$%d\r\n" % sum(map(len, pieces)))
            self._buffer.writelines(pieces)
            self._buffer.write(b"\r\n")
        with self._buffer.getbuffer() as buffer, buffer[: self._buffer.tell()] as whole:
            yield whole


def _plain(value: bytes | str | int) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
