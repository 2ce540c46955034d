"""A coordinator that cannot say what was committed is asked again, not taken for one that knows of nothing.

From its second version on, OffsetFetch has one error for the whole answer: while a coordinator loads its offsets, or
after it handed the group on, it says so there, beside an empty list. aiokafka looks only at errors beside each offset
and finds none, so "not now" was heard as "nothing was ever committed", and every inbox was read from its beginning.
"""

from typing import Any

from aiokafka import errors
from aiokafka.protocol.commit import OffsetFetchRequest

__all__ = ["hear_refusals"]


def hear_refusals(coordinator: Any) -> None:
    """Makes a coordinator of aiokafka (0.14) raise what an answer about committed offsets says as a whole.

    What passes by itself is asked again by aiokafka, from the next coordinator where this one is none any more.
    """
    stock = coordinator._send_req

    async def send(request: Any) -> Any:
        answer = await stock(request)
        if isinstance(request, OffsetFetchRequest) and (code := getattr(answer, "error_code", 0)):
            error = errors.for_code(code)
            if error is errors.NotCoordinatorForGroupError:
                coordinator.coordinator_dead()
            raise error(coordinator.group_id)
        return answer

    coordinator._send_req = send
