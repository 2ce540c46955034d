"""What a recipient reads: an alert in six lines, or a digest of several, in his language and his time zone.

All channels for people say the same. Whatever came from outside is one line without control characters, and short.
"""

from urllib.parse import quote

from schemas.posts import Digest, Post
from streams.channels.words.reader import Reader, account_name, short
from streams.channels.words.told import Button, Told, ToldDigest
from streams.core.routing import Routing

__all__ = ["Words"]



class Words:
    """`routing` knows who reads what; `console_url` "" = no links."""

    def __init__(self, routing: Routing, *, console_url: str = "") -> None:
        self._routing = routing
        self._console_url = console_url.rstrip("/")

    def alert(self, post: Post) -> Told:
        """One alert, for whom it is due to."""
        card, said = post.alert, self._reader(post.to)
        return Told(
            post_id=post.post_id,
            alert_id=card.alert_id,
            subject=f"{account_name(card)}: {said.back(card.back_after_days)}",
            badge=said.text("request" if card.fast_pass else post.level),
            occasion=self._occasion(post, said),
            state=card.status,
            status="" if card.status == "open" else said.text(f"status:{card.status}", who=short(card.claimed_by)),
            lines=tuple(said.lines(card)),
            more=tuple(said.more(card)),
            buttons=tuple(Button(verb, said.text(f"verb:{verb}")) for verb in card.offers),
            url=self.link(f"/alerts/{quote(card.alert_id, safe='')}"),
            open_text=said.text("open"),
        )

    def digest(self, digest: Digest) -> ToldDigest:
        """One morning's digest."""
        said, count, waiting = self._reader(digest.to), len(digest.posts), digest.waiting
        return ToldDigest(
            post_id=digest.post_id,
            subject=said.text("digest_none" if not count else said.many("digest_many", count, one="digest_one"),
                              count=count),
            alerts=tuple(self.alert(one) for one in digest.posts),
            ahead_title=said.text("ahead") if digest.ahead else "",
            ahead=tuple(said.ahead(one) for one in digest.ahead),
            waiting=said.text(said.many("waiting", waiting), count=waiting) if waiting else "",
            url=self.link("/"),
            open_text=said.text("open"),
        )  # fmt: skip

    def text(self, to: str, phrase: str, **values: object) -> str:
        """A phrase of `phrases.py` in the language of a recipient."""
        return self._reader(to).text(phrase, **values)

    def link(self, path: str) -> str:
        """A page of the console, "" where it has no public address."""
        return f"{self._console_url}{path}" if self._console_url else ""

    def _reader(self, to: str) -> Reader:
        return Reader(self._routing.language_of(to), self._routing.time_of(to).timezone)

    def _occasion(self, post: Post, said: Reader) -> str:
        kinds = {one.partition(":")[0] for one in post.detail.split(", ")}
        news = [said.text(f"broke_{kind}") for kind in ("request", "person", "answer") if kind in kinds]
        rep = self._routing.reps.get(post.detail)
        if post.occasion == "reminder" and post.detail in ("hold_over", "outcome"):
            return said.text(f"reminder_{post.detail}")
        named = short(post.detail) if post.occasion == "taken" else short(rep.name or rep.email) if rep else ""
        return said.text(post.occasion, who=named or said.text("a_colleague"), what=", ".join(news))
