"""What a backup says of itself: of which installation, from when, up to where, which files, made with which secret."""

from collections.abc import Mapping
from hashlib import scrypt
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from deploy.errors import BadBackup
from deploy.upkeep.archive import File
from deploy.upkeep.copies import Copy
from running.private_files import write_private

__all__ = ["FORMAT", "Manifest", "mark_of_secret", "read_manifest", "write_manifest"]

FILE: Final = "manifest.json"
FORMAT: Final = 1


class Manifest(Struct, frozen=True, kw_only=True):
    """Written last: a directory without it is no backup. Times are UTC milliseconds."""

    format: int = FORMAT
    made_at: int
    release: str
    prefix: str
    app_id: str
    epoch: int
    partitions: int
    cluster_id: str
    secret_mark: str  # "" where no secret was set when it was made
    committed: Mapping[str, Mapping[int, int]]  # inbox -> partition -> offset that rows hold at least
    files: tuple[File, ...]
    copies: tuple[Copy, ...] = ()  # of files that lie beside Kafka; a former release made none, and reads past them

    def file(self, name: str) -> File:
        """Raises BadBackup where it is not there."""
        for one in self.files:
            if one.name == name:
                return one
        raise BadBackup(f"the backup holds no {name}")


def mark_of_secret(secret: str) -> str:
    """Tells two secrets apart and says nothing of either: lead ids follow from it, so the wrong one must be seen."""
    return scrypt(secret.encode(), salt=b"leadstream backup", n=2**14, r=8, p=1, dklen=8).hex() if secret else ""


def write_manifest(place: Path, manifest: Manifest) -> None:
    """At once and whole. Raises OSError."""
    write_private(place / FILE, msgspec.json.format(msgspec.json.encode(manifest)))


def read_manifest(place: Path) -> Manifest:
    """Raises BadBackup."""
    try:
        manifest = msgspec.json.decode((place / FILE).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise BadBackup(f"{place} holds no {FILE}: it is no backup, or one that was interrupted") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise BadBackup(f"{place / FILE}: {error}") from error
    if manifest.format != FORMAT:
        raise BadBackup(f"{place} has format {manifest.format}; this release reads {FORMAT}")
    return manifest
