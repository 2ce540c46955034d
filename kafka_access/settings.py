"""The settings of Kafka: the same for worker, console, collector and commands."""

from pydantic import Field

from kafka_access.access import Access

__all__ = ["KafkaSettings"]


class KafkaSettings(Access):
    """Where Kafka is and how it lets us in, and how our topics are cut."""

    partitions: int = Field(
        default=4, ge=1, le=1024,
        description="how many partitions each inbox has, the same for every process; more later: `leadstream grow`",
    )
    topic_prefix: str = Field(
        default="", pattern=r"^[a-zA-Z0-9.-]*$",
        description="what topics' names begin with, where several installations share a Kafka; no underscore: "
                    "Kafka's metric names confuse it",
    )
    epoch: int = Field(
        default=0, ge=0, lt=2**32,
        description="grows with the partitions and after a restore: names the topics, the same for every process",
    )
