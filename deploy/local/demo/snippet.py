"""What users paste into their pages: the packaged snippet, with their collector and their key."""

import base64
import hashlib
import re
from importlib.resources import files
from urllib.parse import urlsplit

__all__ = ["content_policy", "snippet"]


def snippet(collector_url: str, write_key: str) -> str:
    """HTML for the head of each page: a stub that queues calls, and the tracker itself.

    >>> snippet("https://c.example", "wk_1").splitlines()[1]
    '<script async src="https://c.example/leadstream.js" data-write-key="wk_1"></script>'
    """
    text = files("producers.collector").joinpath("static/snippet.html").read_text(encoding="utf-8").strip()
    return text.replace("COLLECTOR_URL", collector_url.rstrip("/")).replace("WRITE_KEY", write_key)


def content_policy(snippet_html: str, collector_url: str) -> str:
    """A strict content policy under which a page with this snippet works: the collector and the stub's hash."""
    stubs = re.findall(r"<script>(.*?)</script>", snippet_html, flags=re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in stubs)
    host = "{0.scheme}://{0.netloc}".format(urlsplit(collector_url))
    return (
        f"default-src 'none'; script-src {hashes} {host}; connect-src {host}; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
