"""`leadstream doctor` on the collector's spool: whether it can be written, who has it, what waits in it."""

import os
from pathlib import Path

from deploy.cli.doctor.finding import Finding

__all__ = ["spool_finding"]

_VARIABLE = "LEADSTREAM_SPOOL__DIRECTORY"


def spool_finding(directory: Path | None) -> Finding:
    """Looks, and takes nothing: a collector may have it."""
    if directory is None:
        return Finding("spool", "absent", "none: the collector answers 503 while Kafka is away",
                       f"set {_VARIABLE} to a directory of the collector's own")  # fmt: skip
    there = next(path for path in (directory, *directory.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding("spool", "bad", f"{directory} cannot be written", f"mend its rights, or set {_VARIABLE}")
    try:
        waiting = sum(path.stat().st_size for path in directory.glob("*.spool"))
        refused = directory.joinpath("refused").exists()
    except OSError as error:
        return Finding("spool", "bad", f"{directory}: {error.strerror}", "docs/how-to/spool.md")
    if refused:
        return Finding("spool", "bad", f"{directory}/refused holds what Kafka will never take", "docs/how-to/spool.md")
    says = f"{waiting} bytes wait in {directory}" if waiting else f"empty, in {directory}"
    return Finding("spool", "good", says, "they leave when Kafka is back and the collector runs" if waiting else "")
