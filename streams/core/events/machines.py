"""Is this user agent a program that reads pages by itself? By the catalogue of known crawlers, looked up once each."""

from typing import Final

from crawlerdetect import CrawlerDetect

from schemas.lookups import remembered

__all__ = ["is_machine", "reads_by_itself"]

_CATALOGUE: Final = CrawlerDetect()
MAX_LENGTH: Final = 1_024  # of a user agent that is looked at: its patterns are many


@remembered("posting_user_agents", most=16_384)
def reads_by_itself(user_agent: str, senders: tuple[str, ...]) -> bool:
    """Whether who posts with this user agent is a machine that reads pages, and no program that only sends events."""
    return not user_agent.lower().startswith(senders) and is_machine(user_agent)


@remembered("user_agents", most=16_384)
def is_machine(user_agent: str) -> bool:
    """Whether the catalogue knows this user agent as a crawler, preview bot or command-line tool."""
    return bool(_CATALOGUE.isCrawler(user_agent[:MAX_LENGTH]))
