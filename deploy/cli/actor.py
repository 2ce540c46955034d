"""Who sits at the terminal, as records and logs name them."""

from getpass import getuser

__all__ = ["actor"]


def actor() -> str:
    """`cli:` and the user of this machine; `cli` alone in a container whose user has no name."""
    try:
        return f"cli:{getuser()}"
    except (ImportError, KeyError, OSError):
        return "cli"
