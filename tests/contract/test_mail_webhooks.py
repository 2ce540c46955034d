"""Mail providers over real HTTP: a forged envelope makes a collector ask nobody for anything."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.contract.collector_process import CollectorProcess, collector_process
from tests.unit.producers.mail_knocks import SENDGRID_KEY, TOPIC, sns

COUNTED = (
    'leadstream_collector_refused_total{reason="proof"}',
    'leadstream_collector_requests_total{route="mail_webhook",status="401"}',
)


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    env = {"LEADSTREAM_MAIL__SES_TOPICS": TOPIC, "LEADSTREAM_MAIL__SENDGRID_KEY": SENDGRID_KEY}
    with collector_process(tmp_path_factory.mktemp("collector"), **env) as one:
        yield one


def knocked(one: CollectorProcess, body: bytes) -> int:
    said = json.loads(body)
    return one.post(
        body, f"x-amz-sns-message-type: {said['Type']}", f"x-amz-sns-message-id: {said['MessageId']}",
        path="/v1/mail/ses",
    ).status  # fmt: skip


def test_row_46_a_foreign_address_in_an_envelope_is_401_and_nobody_is_asked(collector: CollectorProcess) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as elsewhere:
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        before = [collector.counted(name) for name in COUNTED]
        for url in (f"http://127.0.0.1:{port}/x.pem", f"https://127.0.0.1:{port}/x.pem",
                    f"https://sns.eu-west-1.amazonaws.com@127.0.0.1:{port}/x.pem"):  # fmt: skip
            assert knocked(collector, sns(SigningCertURL=url)) == 401
            assert knocked(collector, sns(kind="SubscriptionConfirmation", SigningCertURL=url)) == 401
            assert knocked(collector, sns(kind="SubscriptionConfirmation", SubscribeURL=url)) == 401
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert b"165545c9" not in collector.written()
    assert [collector.counted(name) for name in COUNTED] == [count + 9 for count in before]


def test_row_45_sendgrid_without_a_signature_is_401(collector: CollectorProcess) -> None:
    assert collector.post(b"[]", path="/v1/mail/sendgrid").status == 401
