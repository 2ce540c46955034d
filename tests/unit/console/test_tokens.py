"""The stylesheets: a colour is a token, a token has a value in the light and in the dark, and both can be read.

Contrast as WCAG 2.2 counts it: 4.5 for text (1.4.3), 3 for parts that one must see (1.4.11).
"""

import re
from importlib.resources import files
from typing import Final

import pytest

CONSOLE: Final = files("streams.console")
SHEETS: Final = {
    one.name: one.read_text() for one in CONSOLE.joinpath("static").iterdir() if one.name.endswith(".css")
}  # fmt: skip
TEMPLATES: Final = {one.name: one.read_text() for one in CONSOLE.joinpath("templates").iterdir()}
COLOURED: Final = frozenset({"tokens.css", "dark.css"})
COLOUR: Final = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\("
    r"|(?<![-\w])(?:white|black|red|green|blue|gr[ae]y|orange|yellow)(?![-\w])", re.IGNORECASE,
)  # fmt: skip
DECLARED: Final = re.compile(r"(--[\w-]+): ([^;]+);")
GROUNDS: Final = ("paper", "card", "tint", "soft", "track")
SOFTS: Final = ("accent", "now", "digest", "good", "claim")
TEXT: Final = [
    *((ink, ground) for ink in ("ink", "muted", "link") for ground in GROUNDS),
    *((ink, f"{ground}-soft") for ink in ("ink", "muted") for ground in SOFTS),
    *((one, f"{one}-soft") for one in SOFTS),
    *((one, ground) for one in SOFTS for ground in ("card", "tint", "paper")),
    *(("on-fill", one) for one in (*SOFTS, "accent-strong")), ("on-fill-muted", "accent"),
    ("soft-ink", "soft"), ("ink", "soft-hover"), ("muted", "soft-hover"), ("ink", "fresh"), ("muted", "fresh"),
    ("code-ink", "code"), ("code-added", "code"), ("code-gone", "code"),
]  # fmt: skip
PARTS: Final = [
    *(("edge", ground) for ground in ("card", "paper", "tint")),
    *((bar, "card") for bar in ("bar-below", "bar-above", "bar-digest", "dot-live", "dot-lost", "accent", "now")),
]  # fmt: skip


def tokens(sheet: str) -> dict[str, str]:
    """The names and values of a sheet, what only paper takes left out."""
    return dict(DECLARED.findall(SHEETS[sheet].partition("@media print")[0]))


LIGHT: Final = tokens("tokens.css")
DARK: Final = {**LIGHT, **tokens("dark.css")}


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb`, 0 to 1."""
    digits = colour.removeprefix("#")
    whole = digits if len(digits) == 6 else "".join(one * 2 for one in digits)
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: dict[str, str], front: str, back: str) -> float:
    """1 to 21."""
    one, other = luminance(theme[f"--{front}"]), luminance(theme[f"--{back}"])
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_contrast_is_counted_as_the_guidelines_do() -> None:
    assert contrast({"--a": "#000", "--b": "#ffffff"}, "a", "b") == pytest.approx(21)
    assert contrast({"--a": "#767676", "--b": "#fff"}, "a", "b") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (PARTS, 3.0)], ids=["text", "parts"])
def test_what_is_to_be_read_and_seen_can_be(
    theme: dict[str, str], pairs: list[tuple[str, str]], least: float
) -> None:
    weak = {f"{front} on {back}": round(contrast(theme, front, back), 2) for front, back in pairs
            if contrast(theme, front, back) < least}  # fmt: skip
    assert weak == {}


def test_every_colour_has_a_value_in_the_dark() -> None:
    coloured = {name for name, value in LIGHT.items() if COLOUR.search(value)}
    assert coloured == set(tokens("dark.css"))


@pytest.mark.parametrize("sheet", sorted(set(SHEETS) - COLOURED))
def test_a_colour_is_a_token(sheet: str) -> None:
    assert COLOUR.findall(re.sub(r"/\*.*?\*/", "", SHEETS[sheet], flags=re.DOTALL)) == []


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_template_names_no_colour_and_no_style(template: str) -> None:
    found = re.findall(r'\b(?:fill|stroke|stop-color|bgcolor|color)="(?!none|currentColor)[^"]*"|\sstyle="|<style',
                       TEMPLATES[template])  # fmt: skip
    assert found == []


@pytest.mark.parametrize("sheet", sorted(SHEETS))
def test_a_token_that_is_used_exists(sheet: str) -> None:
    known = set(LIGHT) | set(re.findall(r"(--[\w-]+):", SHEETS[sheet]))
    assert {one for one in re.findall(r"var\((--[\w-]+)", SHEETS[sheet]) if one not in known} == set()
