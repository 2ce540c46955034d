"""Is this user agent a program that reads pages by itself? By the catalogue of known crawlers, looked up once each."""

from functools import lru_cache
from typing import Final

from crawlerdetect import CrawlerDetect

__all__ = ["is_machine"]

_CATALOGUE: Final = CrawlerDetect()
MAX_LENGTH: Final = 1_024  # of a user agent that is looked at: its patterns are many


@lru_cache(16_384)
def is_machine(user_agent: str) -> bool:
    """Whether the catalogue knows this user agent as a crawler, preview bot or command-line tool."""
    return bool(_CATALOGUE.isCrawler(user_agent[:MAX_LENGTH]))
