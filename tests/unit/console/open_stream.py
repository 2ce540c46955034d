"""A page that lies open: what its stream of changes says while something happens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from streams.readmodel.keys import Changed
from tests.unit.console.test_users import until
from tests.unit.console.visitor import Visitor

__all__ = ["ended_by"]


def ended_by(visitor: Visitor, happens: Callable[[], None]) -> str:
    """All that the visitor's stream says until what happens ends it."""
    hub = visitor.app.state.desk.hub
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(visitor.get, "/live?watch=alert", headers={"accept": "text/event-stream"})
        try:
            until(lambda: hub.open_pages == 1)
            happens()
            return told.result(20).text
        finally:
            visitor.call(hub.close)
            visitor.call(hub.tell, Changed("alert", "after"))
