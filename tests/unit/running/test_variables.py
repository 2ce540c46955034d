from pathlib import Path

import pytest

from running.variables import from_files, text_in


class Refused(Exception):
    """As a caller names it."""


def test_each_variable_of_ours_may_be_given_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" Schlüssel\n", encoding="utf-8")
    path = str(tmp_path / "secret")
    environ = {"LEADSTREAM_KAFKA__PASSWORD_FILE": path, "LEADSTREAM_SECRET": "said", "SSL_CERT_FILE": path}
    assert from_files(environ, refused=Refused) == {"LEADSTREAM_KAFKA__PASSWORD": "Schlüssel"}


def test_what_cannot_be_read_is_told_by_the_name_of_its_variable(tmp_path: Path) -> None:
    latin, nowhere = tmp_path / "latin", tmp_path / "nowhere"
    latin.write_bytes("Schlüssel".encode("latin-1"))
    for path, why in ((latin, "it is not UTF-8"), (nowhere, "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(Refused, match=f"^LEADSTREAM_X_FILE: cannot read {path}: {why}$"):
            from_files({"LEADSTREAM_X_FILE": str(path)}, refused=Refused)


def test_a_text_is_kept_as_it_lies(tmp_path: Path) -> None:
    (tmp_path / "text").write_text(" a = 1\n", encoding="utf-8")
    assert text_in(tmp_path / "text", setting="X", refused=Refused) == " a = 1\n"
