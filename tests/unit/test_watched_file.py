"""A file that is read again when it changed, and tried again when it could not be read."""

from pathlib import Path

import pytest

from streams.watched_file import LOOK_S, WatchedFile
from tests.unit.clocks import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "file"
    place.write_text("first")
    return place


def watched(path: Path, clock: Clock[float]) -> WatchedFile[str]:
    return WatchedFile(path, Path.read_text, "nothing", name="a file", clock=clock)


def test_it_is_looked_at_once_a_second(path: Path) -> None:
    clock = Clock(0.0)
    file = watched(path, clock)
    assert file.look() == "first"
    path.write_text("the second")
    assert file.look() == "first"
    clock.now += LOOK_S
    assert file.look() == "the second"


def test_who_wrote_it_does_not_wait(path: Path) -> None:
    file = watched(path, Clock(0.0))
    file.look()
    path.write_text("the second")
    file.look_anew()
    assert file.look() == "the second"


def test_one_that_is_gone_keeps_what_it_said(path: Path) -> None:
    clock = Clock(0.0)
    file = watched(path, clock)
    assert file.look() == "first"
    path.unlink()
    clock.now += LOOK_S
    assert file.look() == "first"
    with pytest.raises(FileNotFoundError):
        file.read()


def test_what_could_not_be_read_is_read_at_the_next_look_though_it_did_not_change(path: Path) -> None:
    clock, out_of_descriptors = Clock(0.0), True

    def reading(place: Path) -> str:
        if out_of_descriptors:
            raise OSError(24, "too many open files")
        return place.read_text()

    file = WatchedFile(path, reading, "nothing", name="a file", clock=clock)
    assert file.look() == "nothing"
    out_of_descriptors = False
    clock.now += LOOK_S
    assert file.look() == "first"
