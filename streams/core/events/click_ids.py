"""The click id that our mail redirect adds to a page's address: `ls_click=<lead_id>.<rest>`.

Anybody can write one. It says whose click a page confirms, and never who the visitor is.
"""

import re
from typing import Final

from schemas.lookups import remembered

__all__ = ["MARK", "click_id_in", "lead_of_click"]

MARK: Final = "ls_click="
_IN_QUERY: Final = re.compile(r"[?&]ls_click=(?P<id>[0-9a-f]{32}\.[A-Za-z0-9_-]{1,64})(?=&|$)")


@remembered("click_urls", most=4_096)
def click_id_in(url: str) -> str:
    """The first valid click id in the query of a URL, "" for none.

    >>> click_id_in("https://acme.example/p?ls_click=" + "0a" * 16 + ".7#top") == "0a" * 16 + ".7"
    True
    """
    found = _IN_QUERY.search(url.partition("#")[0])
    return "" if found is None else found["id"]


def lead_of_click(click_id: str) -> str:
    """The lead that a valid click id names."""
    return click_id.partition(".")[0]
