"""Rules as somebody publishes them: the packaged files with one text replaced by another."""

from streams.core.rules import Rules, load_rules
from tests.unit.core.made import NAMING, files


def published(*changes: tuple[str, str, str]) -> Rules:
    """The packaged rules after changes (file, text, text instead)."""
    told = files()
    for name, old, new in changes:
        assert old in told[name], (name, old)
        told[name] = told[name].replace(old, new, 1)
    return load_rules(told, naming=NAMING)


SEVERAL: tuple[Rules, ...] = (
    published(("stages.toml", "total = 100.0\nengagement = 40.0", "total = 30.0\nengagement = 10.0")),
    published(
        ("stages.toml", "total = 100.0", "total = 140.0"),
        ("returns.toml", "cool_down_hours = 168", "cool_down_hours = 1"),
    ),
    published(
        ("stages.toml", '["product_page", "pricing_page", "comparison_page"]', '["form"]'),
        ("stages.toml", 'stage = "recycle_b"\ndays = 90', 'stage = "recycle_b"\ndays = 1'),
        ("returns.toml", "digest_from = 4\nreal_time_from = 8", "digest_from = 1\nreal_time_from = 2"),
    ),
    published(
        ("scoring.toml", "points = 10\n", "points = 30\n"),
        ("returns.toml", "each = 5\nmost = 10", "each = 20\nmost = 40"),
    ),
    published(
        ("site.toml", 'paths = ["/security*"', 'paths = ["/other*"'),
        ("routing.toml", "competitor_domains = []", 'competitor_domains = ["acme.example"]'),
        ("returns.toml", "expires_days = 30", "expires_days = 2"),
    ),
)
