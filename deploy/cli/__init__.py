"""The command line: `leadstream`."""

from deploy.cli.root import main

__all__ = ["main"]
