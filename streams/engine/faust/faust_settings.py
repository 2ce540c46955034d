"""How Faust is set up: each value has its reason in `docs/` or was measured (see the engine's tests and bench)."""

import os
import socket
from collections.abc import Mapping
from typing import Any, Final

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from kafka_access.access import Access
from streams.engine.sending.batch import ROOM
from streams.settings import Settings

__all__ = ["faust_settings"]

HEARTBEAT_S: Final = 1.0  # members hear of a rebalance by their next heartbeat, and all wait for the last of them


def faust_settings(settings: Settings) -> Mapping[str, Any]:
    """Arguments of `faust.App`, but for its id and classes."""
    worker = settings.worker
    session_s = float(worker.session_timeout_s)
    request_s = (
        max(worker.rebalance_timeout_s, worker.session_timeout_s) + 15.0
    )  # a slow peer must not time every join out
    return {
        "broker": [f"kafka://{host}" for host in settings.kafka.bootstrap_servers.split(",")],
        "broker_credentials": _credentials(settings.kafka),
        "datadir": str(worker.datadir),
        "autodiscover": False,
        "canonical_url": f"http://{socket.gethostname()}-{os.getpid()}:6066",  # the worker's name in the assignment
        "loghandlers": [],
        "web_enabled": False,
        "worker_redirect_stdouts": False,
        "processing_guarantee": "at_least_once",
        "broker_commit_every": 10
        ** 9,  # a commit inside the fetcher is cancelled with it: 10,000 copies after a clean stop
        "broker_commit_interval": 1.0,
        "broker_session_timeout": session_s,
        "broker_heartbeat_interval": HEARTBEAT_S,
        "broker_rebalance_timeout": float(worker.rebalance_timeout_s),
        "broker_request_timeout": request_s,
        "broker_max_poll_records": 2_000,
        "consumer_max_fetch_size": 4_194_304,
        "consumer_auto_offset_reset": "earliest",
        "stream_buffer_maxsize": 8_192,  # records of up to 64 KiB: 512 MiB at worst
        "recovery_consistency_check": False,  # believes an end offset that the embedded broker says too low
        "stream_recovery_delay": 0.0,
        "stream_wait_empty": True,
        "producer_acks": -1,
        "producer_linger": settings.worker.gather_ms / 1000,
        "producer_max_batch_size": ROOM,
        "producer_compression_type": "lz4",
        "producer_request_timeout": 60.0,
        "table_standby_replicas": 0,
        "topic_disable_leader": True,
        "topic_allow_declare": False,  # `leadstream topics apply` makes them all
    }


def _credentials(kafka: Access) -> Credentials | None:
    """The same as all clients are told, as Faust hands it to aiokafka. None = everybody is let in, by plain text."""
    if kafka.names_us:
        return SASLCredentials(username=kafka.username, password=kafka.password.get_secret_value(),
                               ssl_context=kafka.context, mechanism=kafka.sasl_mechanism)  # fmt: skip
    return None if kafka.context is None else SSLCredentials(kafka.context)
