"""After the story: a visit every few seconds, so that there is always something to see. Until stopped."""

from typing import Final

from producers.simulate.browser import Browser
from producers.simulate.stage import Stage

__all__ = ["trickle"]

PATHS: Final = (
    ("/",), ("/", "/product"), ("/product", "/pricing"), ("/", "/compare"), ("/", "/careers"), ("/pricing",),
)  # fmt: skip
KNOWN_BROWSERS: Final = 40
NAMED: Final = 0.12  # the share of visits in which somebody says who they are


async def trickle(stage: Stage) -> None:
    """Visits without end. Raises NotTaken."""
    browsers: list[Browser] = []
    while True:
        await stage.pause(stage.random.uniform(3, 8))
        if (len(browsers) < KNOWN_BROWSERS and stage.random.random() < 0.6) or not browsers:
            browsers.append(stage.browser())
        browser = stage.random.choice(browsers)
        paths = stage.random.choice(PATHS)
        length_ms = 30_000 * len(paths)
        at = await stage.visit(browser, *paths, at=stage.now_ms() - length_ms, dwell_ms=18_000)
        if stage.random.random() < NAMED:
            person = stage.random.choice(stage.cast.extras)
            await stage.collector.browse(browser, [browser.identify(person, at=at)])
            stage.tell("Web", f"{person.name} of {person.company.name} reads {', '.join(paths)}")
        else:
            stage.tell("Web", f"somebody reads {', '.join(paths)}")
