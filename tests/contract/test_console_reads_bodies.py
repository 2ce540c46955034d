"""The console as users start it replays what the collector could not read: the wings meet in `deploy` alone."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from time import time_ns

import httpx
import pytest

from deploy.local.embedded import embedded_valkey
from schemas.codec import encode
from schemas.rejected import Reason, Rejected
from streams.console.app import one_time_link
from streams.readmodel.writer import Projection
from tests.browser.consoles import SECRET, running
from tests.unit.producers.test_generic_crm import DEAL


@pytest.fixture
def valkey() -> Iterator[str]:
    with embedded_valkey() as url:
        yield url


def test_a_mapping_file_that_is_mended_is_read_anew_without_a_restart(valkey: str, tmp_path: Path) -> None:
    mapping, packaged = tmp_path / "deals.toml", files("producers.crm").joinpath("generic.toml").read_text("utf-8")
    mapping.write_text(packaged)
    said = {("nr" if name == "deal_id" else name): value for name, value in DEAL.items()}
    now = time_ns() // 1_000_000
    deal = Rejected(at=now, reason=Reason.MAPPING, detail="deal_id", source="crm", raw=encode(said),
                    door="generic/deals")  # fmt: skip
    mail = Rejected(at=now, reason=Reason.MAPPING, detail="RecordType", source="postmark", raw=b'{"RecordType":"New"}',
                    door="mail/postmark")  # fmt: skip
    projection = Projection.connect(valkey)
    projection.write(rejected=[("0:1", encode(deal)), ("0:2", encode(mail))])
    projection.beat(now)
    projection.close()
    with (
        running(valkey, CRM__MAPPING=str(mapping)) as url,
        httpx.Client(base_url=url, timeout=30, trust_env=False) as rep,
    ):
        rep.get(one_time_link(SECRET, url, name="Ines Duarte"))
        assert "the mapping of now cannot read it either: deal_id" in rep.get("/rejected/0:1").text
        assert "this release cannot read it either: RecordType: New" in rep.get("/rejected/0:2").text
        mapping.write_text(packaged.replace('"deal_id || id"', '"nr"'))
        page = rep.get("/rejected/0:1")
        assert (page.status_code, "It becomes" in page.text, "deal:generic:" in page.text) == (200, True, True)
