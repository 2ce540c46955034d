"""Rows on their way to a collector that is silent, away for a while, or none at all."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from producers.errors import ImportStopped
from producers.importers.plan import Row, planned
from producers.importers.post import Door
from producers.importers.reading import Reading
from schemas.ids import Naming
from tests.unit.clocks import Clock

URL = "http://collector.example"
READING = Reading(crm="generic", as_of=1_790_000_000_000, naming=Naming(b"no secret, only long enough"))


class Far:
    """A collector, and the time that it takes. `waits`: what was said while it took none."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], *, patience_s: float = 60.0) -> None:
        self.clock = Clock(1_000.0)
        self.asked = 0
        self.waits: list[str] = []
        self._answer = answer
        http = httpx.Client(transport=httpx.MockTransport(self._asked))
        self.door = Door(http, url=URL, key="sk", crm="generic", patience_s=patience_s, waits=self.waits.append,
                         sleep=self._sleep, clock=self.clock)  # fmt: skip

    def _asked(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return self._answer(request)

    def _sleep(self, seconds: float) -> None:
        self.clock.now += seconds

    def post(self, kind: Any = "leads", text: str = "Email\na@x.example\n") -> list[str]:
        plan = planned(text.encode(), kind, READING)
        rows = [one for one in plan.rows if isinstance(one, Row)]
        return [one.why for one in self.door.post(rows, plan.destination)]


def test_patience_is_time_and_not_a_number_of_tries() -> None:
    """A collector that takes connections and is silent costs half a minute a try: a minute was an hour."""

    def silent(_: httpx.Request) -> httpx.Response:
        far.clock.now += 30
        raise httpx.ReadTimeout("silent by the test")

    far = Far(silent)
    begun = far.clock.now
    with pytest.raises(ImportStopped, match=r"no answer from http://collector.example \(ReadTimeout\)"):
        far.post()
    assert far.clock.now - begun <= 91
    assert far.asked <= 3
    assert far.waits == ["no answer from http://collector.example (ReadTimeout)"]


def test_a_collector_that_comes_back_takes_what_waited() -> None:
    answers = iter([503, 429, 200])
    far = Far(lambda _: httpx.Response(next(answers), json={"success": True}))
    assert far.post() == []
    assert far.asked == 3
    assert len(far.waits) == 1


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b"\xff", b"[]", b'{"deals": 7}', b'{"deals": [7]}'])
def test_who_answers_like_no_collector_took_nothing(body: bytes) -> None:
    far = Far(lambda _: httpx.Response(200, content=body))
    with pytest.raises(ImportStopped, match="not as a collector does"):
        far.post("deals", "Deal ID,Stage,Domain\n7,lost,x.example\n")


def test_what_it_rejects_comes_back_with_its_reason() -> None:
    said = [{"verdict": "rejected", "reason": "mapping", "detail": "no stage"}, {"verdict": "accepted"}]
    far = Far(lambda _: httpx.Response(200, json={"success": True, "deals": said}))
    assert far.post("deals", "Deal ID,Stage,Domain\n7,lost,x.example\n8,lost,y.example\n") == ["no stage"]
