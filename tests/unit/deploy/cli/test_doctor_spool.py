"""What `leadstream doctor` says of the spool."""

from pathlib import Path

from deploy.cli.doctor.spool import spool_finding


def test_none_empty_waiting_refused_and_out_of_reach(tmp_path: Path) -> None:
    assert spool_finding(None).verdict == "absent"
    place = tmp_path / "later" / "spool"
    assert (spool_finding(place).verdict, spool_finding(place).says) == ("good", f"empty, in {place}")
    place.mkdir(parents=True)
    (place / "0000000001.spool").write_bytes(b"x" * 70)
    assert spool_finding(place).says == f"70 bytes wait in {place}"
    (place / "refused").write_bytes(b"x")
    assert spool_finding(place).verdict == "bad"
    (tmp_path / "file").write_bytes(b"")
    assert spool_finding(tmp_path / "file" / "spool").says.endswith("cannot be written")
