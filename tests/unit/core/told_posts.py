"""Posts of a real alert: it is raised for the digest, then it becomes real-time."""

from schemas.posts import Post
from tests.unit.core.made import NOW
from tests.unit.core.told import ACME, AccountStory, deal, member, of_deal, of_lead

__all__ = ["DIGEST", "REAL_TIME"]


def _posts() -> list[Post]:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=[NOW - 1]), offset=1))
    digest = story.last.posts
    story.hears(of_lead(member(active=[NOW - 1], intents=[NOW - 1]), offset=2))
    return [post for post in (*digest, *story.last.posts) if isinstance(post, Post)]


DIGEST, REAL_TIME = _posts()
