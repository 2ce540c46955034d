"""What one run of a worker gave."""

from msgspec import Struct

__all__ = ["Run"]


class Run(Struct, frozen=True):
    """Events a second by the wall, CPU of the worker per event in us, and its memory at the end in MiB."""

    rate: float
    cpu_us: float
    resident_mb: float

    @property
    def core(self) -> float:
        """How much of its core it used: 1 is all."""
        return self.rate * self.cpu_us / 1e6
