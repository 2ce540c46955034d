"""What people of the generated world do. Days count back from the end of the world: day 1 is the last whole day.

Who qualifies does so by far, who does not stays far below, whatever arrives first: no decision hangs on the order.
"""

from random import Random
from typing import Final

from tests.integration.cast import Browser, Person
from tests.integration.scribe import DAY_MS, HOUR_MS, MINUTE_MS, Scribe

__all__ = ["Journeys"]

PLAIN: Final = ("/", "/blog/loading-docks", "/blog/cold-chain", "/about", "/customers", "/blog/less-paper")
PRODUCT: Final = ("/product", "/product/planner", "/product/scanner")


class Journeys:
    """Writes journeys of persons at their browsers with a scribe. `end_at` is midnight after the last day."""

    def __init__(self, random: Random, scribe: Scribe, *, end_at: int) -> None:
        self.random = random
        self.scribe = scribe
        self._end_at = end_at

    def hour(self, day: int, hour: float) -> int:
        """A time of that day, in office hours so that no latency carries it over midnight."""
        return self._end_at - day * DAY_MS + int(hour * HOUR_MS) + self.random.randrange(MINUTE_MS)

    def read(self, browser: Browser, day: int, *, pages: int, user_id: str | None = None) -> None:
        """Some pages of no special kind, one of them perhaps a product page. At most 5 a day stay in the bounds."""
        start = self.hour(day, self.random.uniform(8, 17))
        for number in range(pages):
            product = number == 1 and self.random.random() < 0.5
            path = self.random.choice(PRODUCT if product else PLAIN)
            dwell = self.random.choice((1_500, 6_000, 12_000, 45_000))
            self.scribe.page(browser, start + number * 2 * MINUTE_MS, path, dwell_ms=dwell, user_id=user_id)

    def anonymous(self, browser: Browser, *, events: int) -> None:
        """Somebody whom nobody ever names, with about that many events."""
        wanted = len(self.scribe.events) + events
        while len(self.scribe.events) < wanted:
            self.read(browser, self.random.randint(2, 29), pages=1 + (wanted - len(self.scribe.events)) // 5)

    def reader(self, person: Person, browsers: list[Browser]) -> None:
        """Reads a little on a few days and says who they are on the first or a later one, at each of their browsers."""
        for browser in browsers:
            days = sorted(self.random.sample(range(2, 28), self.random.randint(1, 3)), reverse=True)
            for day in days:
                self.read(browser, day, pages=self.random.randint(1, 3))
            self.scribe.identify(browser, self.hour(self.random.choice(days), 18), person)

    def late(self, person: Person, browser: Browser) -> None:
        """Says who they are at once, but it reaches us days after the pages that it names."""
        day = self.random.randint(12, 26)
        self.scribe.identify(browser, self.hour(day, 7), person, late_ms=int(self.random.uniform(1.2, 4) * DAY_MS))
        for later in (day, day - 1, day - 6):
            self.read(browser, later, pages=2)

    def shared(self, first: Person, second: Person, browser: Browser) -> None:
        """Two people at one browser, the second one's name perhaps late, and the first perhaps back again."""
        start = self.random.randint(16, 26)
        self.read(browser, start, pages=2)
        self.scribe.identify(browser, self.hour(start, 18), first)
        self.scribe.page(browser, self.hour(start - 1, 9), "/product", dwell_ms=15_000)
        late = self.random.choice((0, int(self.random.uniform(1.1, 4) * DAY_MS)))
        self.scribe.identify(browser, self.hour(start - 6, 7), second, late_ms=late)
        self.scribe.page(browser, self.hour(start - 6, 9), "/product/scanner", dwell_ms=14_000)
        self.read(browser, start - 8, pages=2)
        if self.random.random() < 0.4:
            self.scribe.identify(browser, self.hour(start - 12, 7), first)
            self.read(browser, start - 12, pages=2)

    def member(self, person: Person, browser: Browser, user_id: str, *, linked: bool) -> None:
        """Known by a user id; `linked`: with an e-mail too, said days before events carry the user id alone."""
        day = self.random.randint(14, 26)
        self.read(browser, day, pages=1)
        if linked:
            self.scribe.identify(browser, self.hour(day, 18), person, user_id=user_id)
        else:
            self.scribe.identify_user(browser, self.hour(day, 18), user_id, name=person.name)
        for later in range(day - 10, day - 13, -1):
            self.read(browser, later, pages=2, user_id=user_id)

    def job_seeker(self, person: Person, browser: Browser) -> None:
        """Looks at vacancies only."""
        day = self.random.randint(3, 20)
        self.scribe.identify(browser, self.hour(day, 8), person)
        for number in range(3):
            self.scribe.page(browser, self.hour(day - number // 2, 9 + number), "/careers", dwell_ms=20_000)

    def requester(self, person: Person, browser: Browser) -> None:
        """Asks for something: a fast pass."""
        day = self.random.randint(2, 24)
        self.read(browser, day + 1, pages=1)
        self.scribe.page(browser, self.hour(day, 9), "/product", dwell_ms=20_000)
        self.scribe.identify(browser, self.hour(day, 10), person)
        self.scribe.form(browser, self.hour(day, 10.2), self.random.choice(("inquiry", "quote", "demo", "catalogue")))

    def qualifier(self, person: Person, browser: Browser) -> None:
        """Reads everything in the last three days and fills in two forms: far above the threshold."""
        self.scribe.identify(browser, self.hour(5, 9), person)
        for day in (3, 2, 1):
            start = self.hour(day, 9)
            for number in range(5):
                self.scribe.page(browser, start + number * 3 * MINUTE_MS, PRODUCT[number % 3], dwell_ms=40_000)
            self.scribe.page(browser, start + HOUR_MS, "/pricing", dwell_ms=40_000)
            self.scribe.page(browser, start + 2 * HOUR_MS, "/compare/others", dwell_ms=40_000)
            self.scribe.page(browser, start + 3 * HOUR_MS, "/", dwell_ms=10_000)
            self.scribe.form(browser, start + 4 * HOUR_MS, f"newsletter-{day}")
            for asset in (1, 2):
                self.scribe.track(browser, start + 5 * HOUR_MS, "file_downloaded", asset=f"guide-{day}-{asset}")

    def before_the_loss(self, person: Person, browser: Browser, *, lost_at: int) -> None:
        """What somebody on the deal read while it was open, and the name that they gave."""
        for days in (9, 5):
            start = lost_at - days * DAY_MS
            self.scribe.page(browser, start, "/product", dwell_ms=20_000)
            self.scribe.page(browser, start + HOUR_MS, "/pricing", dwell_ms=20_000)
        self.scribe.identify(browser, lost_at - 5 * DAY_MS + 2 * HOUR_MS, person)

    def back(self, person: Person, browser: Browser, *, days: tuple[int, ...], pricing: bool = True) -> None:
        """Somebody of a lost deal's company comes on these days (fewer than 10 back: in the window to the end)."""
        self.scribe.identify(browser, self.hour(days[0], 8), person)
        for day in days:
            self.scribe.page(browser, self.hour(day, 9), "/pricing" if pricing else "/about", dwell_ms=25_000)
            self.scribe.page(browser, self.hour(day, 9.5), "/blog/cold-chain", dwell_ms=9_000)
