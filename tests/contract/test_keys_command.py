"""`leadstream keys` against a running collector: what it says counts there without a restart."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.contract.collector_process import BODY, CollectorProcess, collector_process
from tests.integration.bus import wait_until

LEADSTREAM = (sys.executable, "-c", "from deploy.cli import main; main()")


def keys(file: Path, *arguments: str) -> dict[str, str]:
    command = [*LEADSTREAM, "keys", *arguments, "--json"]
    env = {**os.environ, "LEADSTREAM_COLLECTOR__KEYS": str(file)}
    ran = subprocess.run(command, env=env, capture_output=True, check=True, timeout=150)
    return dict(json.loads(ran.stdout))


def test_keys_are_made_rotated_and_revoked_while_a_collector_runs(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first = keys(file, "create", "site")
    with collector_process(tmp_path, LEADSTREAM_COLLECTOR__KEYS=str(file)) as one:

        def status(key: str) -> int:
            return one.post(BODY, f"X-Write-Key: {key}").status

        assert status(first["key"]) == 200
        second = keys(file, "rotate", first["id"], "--overlap", "7d")
        becomes(one, second["key"], 200)
        assert status(first["key"]) == 200  # the overlap
        keys(file, "revoke", first["id"])
        becomes(one, first["key"], 401)
        assert status(second["key"]) == 200
        assert one.counted('leadstream_collector_keys{kind="public"}') == 1
        written = one.written()
    assert not [one for one in (first["key"], second["key"]) if one.encode() in written + file.read_bytes()]


def becomes(one: CollectorProcess, key: str, status: int) -> None:
    wait_until(
        lambda: one.post(BODY, f"X-Write-Key: {key}").status == status, within_s=60, what=str(status), every_s=0.05
    )
