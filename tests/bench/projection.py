"""`projection_cpu_ratio`: our projection into Redis against a pipeline of HSET and ZADD, CPU of the client per card.

Ours begins with the records as they come from Kafka, so that it includes finding versions and ranks; the baseline is
handed its fields. CPU of the server stands beside both.
"""

import time
from collections.abc import Callable
from random import Random

import redis

from streams.agents.cards import sorted_cards
from streams.agents.projector import AT_ONCE
from streams.engine.shell import Raw
from streams.readmodel.writer import Projection
from tests.bench.baselines import redis_pipeline
from tests.bench.harness import Figure, alternate, figure

__all__ = ["projection"]

CARDS = 10_000


def _leads() -> list[tuple[str, int]]:
    random = Random(1)
    return [(f"{random.getrandbits(128):032x}", random.randrange(1_500)) for _ in range(CARDS)]


def projection(url: str, lead_card: Callable[[str, int, int], bytes], rounds: int) -> list[Figure]:
    """One line. `lead_card(lead_id, tenths, version)` gives a card's JSON."""
    leads = _leads()
    cards = [(lead_id, tenths, lead_card(lead_id, tenths, 1)) for lead_id, tenths in leads]
    version = iter(range(1, 1_000_000))
    served: dict[str, float] = {}
    with redis.Redis.from_url(url) as client:

        def server_s() -> float:
            used = client.info("cpu")
            return float(used["used_cpu_user"] + used["used_cpu_sys"])

        def measured(name: str, call: Callable[[], object]) -> float:
            before, start = server_s(), time.process_time()
            call()
            took = (time.process_time() - start) / CARDS * 1e6
            served[name] = (server_s() - before) / CARDS * 1e6
            return took

        def baseline() -> float:
            return measured("baseline", lambda: redis_pipeline.write(client, cards))

        def ours() -> float:
            now = next(version)
            records = [
                Raw("leads", 0, offset, lead_id.encode(), lead_card(lead_id, tenths, now))
                for offset, (lead_id, tenths) in enumerate(leads)
            ]
            return measured("ours", lambda: [
                writer.write(**sorted_cards(records[at : at + AT_ONCE])) for at in range(0, CARDS, AT_ONCE)
            ])  # fmt: skip

        writer = Projection.connect(url)
        alternate(1, baseline=baseline, ours=ours)
        seen = alternate(rounds, baseline=baseline, ours=ours)
        writer.close()
    note = {
        "baseline_us": seen[-1].baseline,
        "ours_us": seen[-1].ours,
        "baseline_server_us": served["baseline"],
        "ours_server_us": served["ours"],
        "card_bytes": len(cards[0][2]),
        "cards": CARDS,
    }
    return [
        figure("projection_cpu_ratio", [one.ours / one.baseline for one in seen], unit="x", budget="<= 0.25", note=note)
    ]
