"""A server of the standard library that stands in for somebody else's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

__all__ = ["served"]


@contextmanager
def served(server: BaseServer) -> Iterator[None]:
    """It answers in a thread of its own for as long as the block lasts."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
