"""Who guesses at the doors of CRMs, on real sockets: the head decides, and no body is waited for."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.collector_process import Answer, CollectorProcess, collector_process

SECRET = "leadstream:a password with: a colon"
BODY = (Path(__file__).parent / "recorded/crm/pipedrive/story-1-deal.json").read_bytes()
OFFICE, HOME = "X-Forwarded-For: 198.41.0.4", "X-Forwarded-For: 198.41.1.4"
BIG = 400_000


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    env = {
        "LEADSTREAM_CRM__PIPEDRIVE_SECRET": SECRET, "LEADSTREAM_COLLECTOR__PROXY_HOPS": "1",
        "LEADSTREAM_LIMITS__WRONG_PROOFS_PER_S": "0.001", "LEADSTREAM_LIMITS__WRONG_PROOFS_BURST": "3",
    }  # fmt: skip
    with collector_process(tmp_path_factory.mktemp("crm"), **env) as one:
        yield one


def basic(said: str) -> str:
    return f"Authorization: Basic {b64encode(said.encode()).decode()}"


def head_alone(collector: CollectorProcess, *headers: str) -> Answer:
    """What is answered to a head whose body never comes."""
    lines = ["POST /v1/crm/pipedrive HTTP/1.1", "Host: collector", f"Content-Length: {BIG}", *headers, "", ""]
    return collector.ask("\r\n".join(lines).encode())


def test_row_45_who_guesses_secrets_is_answered_by_the_head_and_then_429_and_the_crm_never_is(
    collector: CollectorProcess
) -> None:
    guesses = [head_alone(collector, basic(f"leadstream:guess {number}"), OFFICE) for number in range(5)]
    assert [one.status for one in guesses] == [401, 401, 401, 429, 429]
    assert (guesses[-1].reason(), int(guesses[-1].header("retry-after") or 0) > 1) == ("rate", True)
    for _ in range(3):
        assert collector.post(BODY, basic(SECRET), OFFICE, path="/v1/crm/pipedrive").status == 200
    assert collector.post(bytes(BIG), basic("leadstream:guess"), OFFICE, path="/v1/crm/pipedrive").status == 429
    assert head_alone(collector, basic("leadstream:guess"), HOME).status == 401
    assert collector.counted('leadstream_collector_limited_total{by="network"}') == 3
