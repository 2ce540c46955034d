"""Tables stand in a region that scrolls by itself: the page never does, and the keyboard reaches what is hidden."""

import re
from importlib.resources import files

import pytest

TEMPLATES = {one.name: one.read_text() for one in files("streams.console").joinpath("templates").iterdir()}
TABLE = re.compile(r'(?:{% call ui\.wide\(.*?\) %}\s*)?<table class="(?!strength")')


def test_tables_are_found() -> None:
    assert sum(len(TABLE.findall(text)) for text in TEMPLATES.values()) > 20


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_each_table_can_scroll(template: str) -> None:
    """The table of a return's signals is as wide as its card, whatever that is."""
    bare = [found for found in TABLE.findall(TEMPLATES[template]) if not found.startswith("{% call ui.wide(")]
    assert bare == []


def test_one_macro_makes_the_region() -> None:
    makers = [name for name, text in TEMPLATES.items() if 'class="scroll' in text]
    assert makers == ["macros.html"]
