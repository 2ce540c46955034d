"""What the rules that come with us say of an alert, in Korean."""

import tomllib

from streams.core.alert.said import PACKAGED_IN_KOREAN, in_korean
from streams.rules_files import PACKAGED


def test_each_next_act_and_talking_point_that_comes_with_us_has_its_korean() -> None:
    rules = tomllib.loads((PACKAGED / "returns.toml").read_text())
    texts = [one["text"] for one in (*rules["act"], *rules["talking_point"])]
    assert sorted(PACKAGED_IN_KOREAN) == sorted(texts)


def test_an_act_is_found_behind_its_hold_and_others_are_not() -> None:
    act = "Show the release that closes the gap."
    assert in_korean(f"Information only: no contact before 2026-07-18. Then: {act}") == in_korean(act) != ""
    assert [in_korean(one) for one in ("", "Call them.", "Information only: no contact before 2026-07-18.")] == [""] * 3
