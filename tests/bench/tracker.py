"""`tracker_core_bytes`: what the browser loads, gzipped as a server would."""

import gzip
from pathlib import Path

from tests.bench.harness import Figure, figure

__all__ = ["tracker"]

BUILT = Path(__file__).parents[2] / "producers" / "collector" / "static"


def tracker() -> list[Figure]:
    """One line for the built file that the collector serves."""
    (built,) = BUILT.glob("leadstream*.js")
    size = len(gzip.compress(built.read_bytes(), 9, mtime=0))
    return [figure("tracker_core_bytes", [size], unit="bytes", budget="<= 3300", note={"file": built.name})]
