"""Mail events on their way to their leads' rows: waited for, or behind the answer where a reader must not wait."""

import asyncio
from collections.abc import Callable, Sequence

from producers.collector.intake import Intake
from producers.collector.kept import keep
from producers.crm.told import Unread
from producers.errors import SinkError
from producers.logs import log
from producers.metrics import MAILS
from schemas.rejected import MAIL_DOOR
from schemas.touches import MailEvent

__all__ = ["Behind", "keep_mail"]


async def keep_mail(
    intake: Intake, events: Sequence[MailEvent], unread: Sequence[Unread] = (), *, source: str, at: int
) -> None:
    """Returns when everything is safe. Raises SinkError: it must come again."""
    await keep(intake, events, unread, inbox="touches", source=source, door=MAIL_DOOR + source, at=at)
    for event in events:
        MAILS.labels(source, event.kind).inc()


class Behind:
    """Events that nobody waits for. What does not become safe is counted, said, and lost."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: MailEvent, *, source: str, failed: Callable[[], None] | None = None) -> None:
        """Returns at once; `failed` is called where it did not become safe."""
        task = asyncio.get_running_loop().create_task(self._keep(event, source, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self, event: MailEvent, source: str, failed: Callable[[], None] | None) -> None:
        try:
            await keep_mail(self._intake, (event,), source=source, at=event.at)
        except SinkError as error:
            if failed is not None:
                failed()
            log.warning("not_safe", why=str(error))
