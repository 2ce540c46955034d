"""What the operator's file says of each source."""

from pathlib import Path

import pytest

from producers.collector.sources import Source, Sources
from producers.errors import BadSettings


def test_a_source_has_what_the_file_says_and_others_have_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[site]\norigins = ["https://www.example.com"]\n')
    sources = Sources.read(file)
    assert sources["site"].origins == ("https://www.example.com",)
    assert sources["other"] == Source()
    assert Sources.read(None)["site"] == Source()


@pytest.mark.parametrize("text", ["[site", '[site]\norigin = ["https://a.example"]', "site = 1"])
def test_a_file_that_cannot_be_read_is_named_with_the_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=r"sources\.toml"):
        Sources.read(file)
