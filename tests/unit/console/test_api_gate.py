"""Keys of a file that changes, and how often a key may ask, by a clock of the test."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.requests import Request

from schemas.api_keys import API_KEY_FILE_FORMAT, ApiKey, ApiKeyFile, api_key_digest
from streams.console.api.gate import A_SECOND, BURST, Gate
from streams.console.api.problems import Refused
from streams.console.api.ring import Ring
from tests.unit.clocks import Clock


@pytest.fixture
def clock() -> Clock[int]:
    return Clock(1_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "api_keys.json"
    write(path, "first")
    return path


def write(path: Path, *keys: str, **about: Any) -> None:
    made = tuple(
        ApiKey(id=one, name=one, scopes=("leads:read",), hash=api_key_digest(one), hint="", created_at=0)
        for one in keys
    )
    path.write_bytes(msgspec.json.encode(ApiKeyFile(keys=made, **about)))


def ring_of(path: Path, clock: Clock[int]) -> Ring:
    return Ring(path, now=clock, clock=lambda: clock.now / 1_000)


def known(ring: Ring, *keys: str) -> list[bool]:
    return [ring.key(one) is not None for one in keys]


def asking(key: str) -> Request:
    headers = [(b"authorization", f"bearer  {key} ".encode())]
    return Request({"type": "http", "headers": headers, "client": ("127.0.0.1", 1)})


def test_a_file_that_changed_is_read_again_within_a_second(file: Path, clock: Clock[int]) -> None:
    ring = ring_of(file, clock)
    assert known(ring, "first", "second") == [True, False]
    write(file, "second")
    assert known(ring, "first", "second") == [True, False]
    clock.now += 1_000
    assert known(ring, "first", "second") == [False, True]


def test_a_revoked_key_ends_though_the_wall_clock_went_back(file: Path, clock: Clock[int]) -> None:
    seconds = Clock(0.0)
    ring = Ring(file, now=clock, clock=seconds)
    assert known(ring, "first") == [True]
    write(file)
    clock.now -= 3_600_000
    seconds.now += 1.0
    assert known(ring, "first") == [False]


@pytest.mark.parametrize("broken", [b"{", b"", b"[]", b"\xff", b'{"keys":[{"id":"a"}]}', None])
def test_a_broken_file_leaves_the_keys_that_were_read(file: Path, clock: Clock[int], broken: bytes | None) -> None:
    ring = ring_of(file, clock)
    assert known(ring, "first") == [True]
    file.unlink()
    if broken is not None:
        file.write_bytes(broken)
    clock.now += 1_000
    assert known(ring, "first") == [True]
    write(file, "second")
    clock.now += 1_000
    assert known(ring, "first", "second") == [False, True]


def test_a_file_of_a_newer_version_is_not_guessed_at(file: Path, clock: Clock[int]) -> None:
    write(file, "first", format=API_KEY_FILE_FORMAT + 1)
    assert known(ring_of(file, clock), "first") == [False]


def test_a_key_may_ask_a_burst_and_then_as_often_as_the_bucket_fills(file: Path, clock: Clock[int]) -> None:
    write(file, "first", "second")
    gate = Gate(ring_of(file, clock), now=clock)
    for _ in range(BURST):
        assert gate.let_in(asking("first"), "leads:read").id == "first"
    for _ in range(3):
        with pytest.raises(Refused) as refused:
            gate.let_in(asking("first"), "leads:read")
        assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "1"})
    assert gate.let_in(asking("second"), "leads:read").id == "second"
    clock.now += 1_000
    for _ in range(A_SECOND):
        gate.let_in(asking("first"), "leads:read")
    with pytest.raises(Refused):
        gate.let_in(asking("first"), "leads:read")


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing(file: Path, clock: Clock[int]) -> None:
    gate = Gate(ring_of(file, clock), now=clock)
    gate.let_in(asking("first"), "leads:read")
    clock.now -= 3_600_000
    for _ in range(BURST - 1):
        gate.let_in(asking("first"), "leads:read")
    with pytest.raises(Refused):
        gate.let_in(asking("first"), "leads:read")
