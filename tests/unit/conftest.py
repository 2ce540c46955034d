"""How properties are looked at: by no clock, since cores of build machines are shared, and by the same examples."""

from hypothesis import HealthCheck, settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=100,
                          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
settings.load_profile("unit")
