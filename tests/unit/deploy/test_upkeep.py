"""Backups as files, what rows remember, what a compacted topic says in the end."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.json import encode
from msgspec.structs import replace

from deploy.errors import BadBackup, BadDeploySettings
from deploy.settings import from_environment, secret_of, value_of
from deploy.upkeep.archive import ArchiveWriter, File, pieces_of
from deploy.upkeep.broker import Piece
from deploy.upkeep.manifest import Manifest, mark_of_secret, read_manifest, write_manifest
from deploy.upkeep.newest import Newest, card_version, row_version
from deploy.upkeep.remembered import Remembered
from schemas.activity import Version
from schemas.versions import packed

MANIFEST = Manifest(
    made_at=1, release="1", prefix="", app_id="a", epoch=0, partitions=2, cluster_id="c", secret_mark="", committed={},
    files=(),
)  # fmt: skip
bytes_or_none = st.none() | st.binary(max_size=40)
pieces = st.builds(Piece, st.integers(0, 9), st.integers(0, 2**60), bytes_or_none, bytes_or_none, bytes_or_none)


def row(epoch: int, offset: int, body: bytes = b"") -> bytes:
    return b"\x02" + packed(Version(epoch, offset)) + body


def written(place: Path, records: list[Piece]) -> File:
    writer = ArchiveWriter(place, "one")
    with writer:
        for record in records:
            writer.write(record)
    return writer.finished()


@given(records=st.lists(pieces, max_size=20))
def test_a_file_gives_back_what_it_was_given(records: list[Piece], tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("archive")
    file = written(place, records)
    assert list(pieces_of(place, file)) == records
    assert file.records == len(records)


@pytest.mark.parametrize("harm", ["cut", "flipped", "gone"])
def test_a_damaged_file_is_no_backup(harm: str, tmp_path: Path) -> None:
    file = written(tmp_path, [Piece(0, number, b"key", b"value" * 50) for number in range(100)])
    path = tmp_path / file.file
    raw = path.read_bytes()
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(raw[:-20] if harm == "cut" else raw[:50] + bytes([raw[50] ^ 1]) + raw[51:])
    with pytest.raises(BadBackup, match=r"one\.records\.gz"):
        list(pieces_of(tmp_path, file))


def test_a_count_that_differs_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, [Piece(0, 1, b"key", b"value")])
    with pytest.raises(BadBackup, match="1 records, the manifest says 2"):
        list(pieces_of(tmp_path, replace(file, records=2)))


def test_a_directory_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="interrupted"):
        read_manifest(tmp_path)
    write_manifest(tmp_path, MANIFEST)
    assert read_manifest(tmp_path) == MANIFEST
    write_manifest(tmp_path, replace(MANIFEST, format=9))
    with pytest.raises(BadBackup, match="format 9"):
        read_manifest(tmp_path)


def test_the_mark_of_a_secret_tells_two_apart_and_none_from_any() -> None:
    assert mark_of_secret("one secret") == mark_of_secret("one secret")
    assert len({mark_of_secret("one secret"), mark_of_secret("another"), mark_of_secret("")}) == 3
    assert mark_of_secret("") == ""


def test_the_newest_row_counts_not_the_last() -> None:
    told = [Piece(0, 1, b"a", row(0, 7, b"new")), Piece(0, 2, b"a", row(0, 3, b"old")), Piece(1, 1, b"b", row(1, 0))]
    newest = Newest(row_version).take_all(told)
    assert len(newest) == 2
    assert newest.digest() == Newest(row_version).take_all([told[2], told[0]]).digest()
    assert newest.digest() != Newest(row_version).take_all([told[2], told[1]]).digest()
    newest.take(Piece(0, 3, b"a", None))
    assert newest.digest() == Newest(row_version).take_all([told[2]]).digest()


def test_a_card_says_its_version() -> None:
    assert card_version(encode({"version": [1, 5], "lead_id": "x"})) == (1, 5)


@pytest.mark.parametrize(
    ("version", "known"), [((0, 6), True), ((0, 7), True), ((0, 8), False), ((1, 0), False)]
)  # fmt: skip
def test_a_move_is_kept_where_the_row_remembers_it(version: tuple[int, int], *, known: bool) -> None:
    remembered = Remembered(epoch=0)
    remembered.note("leads", Piece(3, 11, b"ann", row(0, 7)))
    remembered.note("leads", Piece(3, 12, b"ann", row(0, 2)))  # what a paused worker wrote behind it
    move = Piece(0, 1, b"ann:1", encode({"version": version, "lead_id": "ann", "number": 1}))
    assert remembered.knows("transitions", move) is known
    assert remembered.reached("leads") == {3: 8}


def test_what_no_row_remembers_is_left_out() -> None:
    remembered = Remembered(epoch=0)
    alert = Piece(0, 1, b"alert", encode({"version": [0, 1], "account_id": "acme.example"}))
    assert not remembered.knows("alerts", alert)
    remembered.note("accounts", Piece(0, 1, b"acme.example", row(0, 1)))
    assert remembered.knows("alerts", alert)
    remembered.note("accounts", Piece(0, 2, b"acme.example", None))
    assert not remembered.knows("alerts", alert)
    assert remembered.knows("alerts", Piece(0, 2, b"alert", None))


def test_rows_of_an_earlier_epoch_reach_nowhere_in_this_one() -> None:
    remembered = Remembered(epoch=1)
    remembered.note("leads", Piece(0, 1, b"ann", row(0, 70)))
    assert remembered.reached("leads") == {}


def test_a_secret_comes_from_the_environment_a_file_or_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADSTREAM_SECRET", raising=False)
    with pytest.raises(BadDeploySettings, match="LEADSTREAM_SECRET is not set"):
        secret_of(tmp_path)
    (tmp_path / "secrets.json").write_bytes(encode({"secret": "of the home"}))
    assert secret_of(tmp_path) == "of the home"
    (tmp_path / "file").write_text("of the file\n", encoding="utf-8")
    monkeypatch.setenv("LEADSTREAM_SECRET_FILE", str(tmp_path / "file"))
    assert secret_of(tmp_path) == "of the file"
    monkeypatch.setenv("LEADSTREAM_SECRET", "of the environment")
    assert secret_of(tmp_path) == "of the environment"
    monkeypatch.setenv("LEADSTREAM_X_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(BadDeploySettings, match="cannot read"):
        value_of("LEADSTREAM_X")


def test_a_command_asks_for_no_file_where_the_variable_itself_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "address").write_text("redis://other:6379/0\n")
    monkeypatch.setenv("LEADSTREAM_REDIS__URL_FILE", str(tmp_path / "address"))
    monkeypatch.setenv("LEADSTREAM_REDIS__KEY_PREFIX_FILE", "")
    monkeypatch.setenv("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS", "kafka:9092")
    monkeypatch.setenv("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS_FILE", str(tmp_path / "nowhere"))
    said = from_environment()
    assert said.redis.url.get_secret_value() == "redis://other:6379/0"
    assert (said.redis.key_prefix, said.kafka.bootstrap_servers) == ("leadstream:", "kafka:9092")
    monkeypatch.delenv("LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS")
    with pytest.raises(BadDeploySettings, match="BOOTSTRAP_SERVERS_FILE: cannot read"):
        from_environment()
