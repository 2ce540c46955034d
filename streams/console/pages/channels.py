"""How the ways out to sales stand, as the workers said in the last half minute; and a test of each.

The console knows no channel: a worker sends the test, and says what became of it (`streams/readmodel/trials.py`).
"""

from collections.abc import Iterable, Sequence
from secrets import token_hex
from typing import Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.security import form_of
from streams.console.desk import Desk, desk_of
from streams.console.rules.at_hand import rules_at
from streams.core.recipient.channel_state import MACHINES, ChannelState, Trial, WorkerChannels
from streams.core.rulebook.routing_rules import Rep
from streams.readmodel.trials import OLDEST_MS, ask_trial, trial_results

__all__ = ["MOST_TRIALS", "ROUTES", "Standing", "standings"]

MOST_TRIALS: Final = 3  # of one channel in a minute


class Standing(Struct, frozen=True, kw_only=True):
    """One channel of all workers: `resting` of `workers` leave it in peace; the newest success and error of any.

    `most`: how many may wait at all of them, 0 = not said; `failures` and `rests_ms`: the most of any.
    """

    name: str
    workers: int
    resting: int
    waiting: int
    sent_at: int | None
    error: str
    error_at: int | None
    most: int = 0
    deadline_ms: int = 0
    failures: int = 0
    rests_ms: int = 0

    @property
    def is_troubled(self) -> bool:
        """Its newest word is an error."""
        return self.error_at is not None and (self.sent_at is None or self.error_at >= self.sent_at)


def standings(said: Iterable[WorkerChannels]) -> list[Standing]:
    """The channels by name."""
    by_name: dict[str, list[ChannelState]] = {}
    for one in (state for worker in said for state in worker.channels):
        by_name.setdefault(one.name, []).append(one)
    return [_standing(name, by_name[name]) for name in sorted(by_name)]


def _standing(name: str, states: list[ChannelState]) -> Standing:
    failed = max(states, key=lambda one: one.error_at or 0)
    return Standing(
        name=name,
        workers=len(states),
        resting=sum(one.resting for one in states),
        waiting=sum(one.waiting for one in states),
        sent_at=max((one.sent_at for one in states if one.sent_at is not None), default=None),
        error=failed.error,
        error_at=failed.error_at,
        most=sum(one.most for one in states),
        deadline_ms=max(one.deadline_ms for one in states),
        failures=max(one.failures for one in states),
        rests_ms=max(one.rests_ms for one in states),
    )


async def channels(request: Request) -> Response:
    """`GET /channels?tried=mail&asked=<at>`: how they stand, the newest test of each, and one that is under way."""
    desk = desk_of(request)
    tried, asked = request.query_params.get("tried", ""), request.query_params.get("asked", "")
    asked_at = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 15 else 0
    return await _shown(desk, request, tried=tried, asked_at=asked_at)


async def try_out(request: Request) -> Response:
    """`POST /channels/{channel}/test`: one message that says it is a test, to the team or one rep."""
    desk, channel = desk_of(request), request.path_params["channel"]
    fields = await form_of(request, desk.auth)
    rules, now = await rules_at(desk), desk.now()
    reps = () if rules is None else rules.routing.rules.rep
    if channel in MACHINES or fields.get("to", "") not in ("", *(rep.email for rep in reps)):
        raise HTTPException(400)
    if channel not in [one.name for one in await _standing_now(desk)]:
        return await _shown(desk, request, status=409, problem="gone")
    wait_s = desk.trials.wait_s(channel, now=now)
    if wait_s:
        return await _shown(desk, request, status=429, problem="often", wait_s=wait_s)
    desk.trials.failed(channel, now=now)
    trial = Trial(trial_id=token_hex(8), channel=channel, to=fields.get("to", ""), at=now)
    if not await ask_trial(desk.reader, trial):
        return await _shown(desk, request, status=429, problem="full")
    return RedirectResponse(f"/channels?tried={channel}&asked={now}", 303)


async def _standing_now(desk: Desk) -> list[Standing]:
    return standings(await desk.reader.channels(desk.now()))


async def _shown(
    desk: Desk, request: Request, *, status: int = 200, tried: str = "", asked_at: int = 0, problem: str = "",
    wait_s: int = 0,
) -> Response:  # fmt: skip
    found, results, rules = await _standing_now(desk), await trial_results(desk.reader), await rules_at(desk)
    reps: Sequence[Rep] = () if rules is None else [rep for rep in rules.routing.rules.rep if rep.active]
    answered = tried in results and results[tried].at >= asked_at
    lost = not answered and desk.now() - asked_at > OLDEST_MS
    return await desk.show(
        request, "channels.html", status=status, channels=found, results=results, reps=reps, machines=MACHINES,
        tried=tried if tried in [one.name for one in found] else "", waits=bool(tried) and not answered and not lost,
        lost=bool(tried) and lost, asked_at=asked_at, problem=problem, wait_s=wait_s,
    )  # fmt: skip


ROUTES: Final = [Route("/channels", channels), Route("/channels/{channel}/test", try_out, methods=["POST"])]
