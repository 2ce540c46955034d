"""Rules that somebody pasted to have them tried: here, and where other consoles find them, while the trial needs them.

They are named by their version, which follows from their texts: whoever does not know the texts cannot guess it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from msgspec import Struct

from running.wall_clock import utc_ms
from streams.core.rules import Rules, RulesError
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.pasted import KEPT_MS, MOST, keep_pasted, pasted
from streams.readmodel.reader import Reader

__all__ = ["PASTED", "PastedRules"]

PASTED: Final = "pasted:"
log = structlog.get_logger()


class _Held(Struct, frozen=True):
    rules: Rules
    texts: Mapping[str, str]
    at: int


class PastedRules:
    """`load` makes rules of texts and raises RulesError. `now` gives UTC milliseconds.

    What is held here is shown also while Redis is away.
    """

    def __init__(
        self, reader: Reader, load: Callable[[Mapping[str, str]], Rules], *, now: Callable[[], int] | None = None
    ) -> None:
        self._reader = reader
        self._load = load
        self._now = now or utc_ms
        self._held: OrderedDict[str, _Held] = OrderedDict()

    async def hold(self, rules: Rules, texts: Mapping[str, str]) -> str:
        """The name under which they can be asked for. `texts`: all of them."""
        self._hold(rules, texts)
        try:
            await keep_pasted(self._reader, rules.version, texts, now=self._now())
        except ReadModelAway as error:
            log.info("pasted_rules_kept_here_alone", error=str(error))
        return PASTED + rules.version

    async def of(self, version: str) -> Rules:
        """Raises KeyError for what was never here, or is not any more; ReadModelAway where nobody can say."""
        self._forget()
        here = self._held.get(version)
        if here is not None:  # which keeps them for the others, too
            await self.hold(here.rules, here.texts)
            return here.rules
        texts = await pasted(self._reader, version, now=self._now())
        if texts is None:
            raise KeyError(version)
        try:
            rules = await asyncio.to_thread(self._load, texts)
        except RulesError as error:  # a console of another release brought them
            raise KeyError(version) from error
        if rules.version != version:
            raise KeyError(version)
        self._hold(rules, texts)
        return rules

    def _hold(self, rules: Rules, texts: Mapping[str, str]) -> None:
        self._forget()
        self._held.pop(rules.version, None)
        while len(self._held) >= MOST:
            self._held.popitem(last=False)
        self._held[rules.version] = _Held(rules, texts, self._now())

    def _forget(self) -> None:
        """The one that was looked at longest ago stands first."""
        while self._held and self._now() - next(iter(self._held.values())).at >= KEPT_MS:
            self._held.popitem(last=False)
