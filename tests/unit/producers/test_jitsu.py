"""Jitsu's paths and keys."""

import pytest

from tests.unit.producers.desk import desk, page


@pytest.mark.parametrize("kind", ["track", "page", "identify", "group", "alias", "screen"])
@pytest.mark.parametrize("server", ["", "s2s/"])
async def test_one_event_is_taken_on_its_path(kind: str, server: str) -> None:
    async with desk(jitsu=True) as d:
        answer = await d.http.post(
            f"/api/s/{server}{kind}",
            json={"anonymousId": "b", "userId": None, "event": "x", "writeKey": "key1:***"},
            headers={"x-write-key": "key1:secret1"},
        )
        assert (answer.status_code, answer.json()["ok"], "destinations" in answer.json()) == (200, True, False)
        assert [event["type"] for event in d.events()] == [kind]


@pytest.mark.parametrize(("key", "status"), [("wk_site:", 200), ("wk_site::", 401), ("id:secret:", 200), ("id:", 401)])
async def test_exactly_one_colon_at_the_end_is_no_part_of_a_key(key: str, status: int) -> None:
    async with desk(jitsu=True) as d:
        answer = await d.http.post("/api/s/page", json=page(), headers={"x-write-key": key})
        assert answer.status_code == status


async def test_they_are_off_until_they_are_turned_on() -> None:
    async with desk() as d:
        assert (await d.http.post("/api/s/page", json=page(), headers={"x-write-key": "wk_site"})).status_code == 404
