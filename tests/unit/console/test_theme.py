"""Light, dark, or as the device: the server writes it into the page, so nothing flashes."""

import pytest

from tests.unit.console.samples import Samples
from tests.unit.console.visitor import Visitor, signed_in

AS_THE_DEVICE = "screen and (prefers-color-scheme: dark)"


@pytest.mark.parametrize(
    ("chosen", "theme", "dark"),
    [("dark", "dark", "screen"), ("light", "light", None), ("device", "device", AS_THE_DEVICE),
     ('"><script>', "device", AS_THE_DEVICE)],
)  # fmt: skip
def test_a_choice_is_kept_for_this_browser(
    visitor: Visitor, filled: Samples, chosen: str, theme: str, dark: str | None
) -> None:
    csrf = signed_in(visitor, "viewer")
    answer = visitor.post("/me/theme", data={"csrf": csrf, "theme": chosen})
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    for path in ("/", "/me"):
        page = visitor.get(path).text
        assert f'<html lang="en" data-theme="{theme}">' in page
        link = page.partition("/static/dark.css")[2].partition(">")[0]
        assert (f'media="{dark}"' in link) if dark else not link
    assert f'value="{theme}" checked' in visitor.get("/me").text


def test_what_a_stranger_wrote_into_the_cookie_is_as_the_device(visitor: Visitor, filled: Samples) -> None:
    visitor.cookies.set("leadstream_theme", '"><script>alert(1)</script>')
    assert 'data-theme="device"' in visitor.get("/login").text


def test_a_choice_needs_its_token(visitor: Visitor, filled: Samples) -> None:
    signed_in(visitor, "viewer")
    assert visitor.post("/me/theme", data={"theme": "dark"}).status_code == 403
