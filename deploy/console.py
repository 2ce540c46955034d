"""`python -m deploy.console`: the console, with what the collector reads bodies of CRMs and mail providers by.

The console itself knows no producer. What they said and nobody could read is replayed there as by the command.
"""

import os

from deploy.again import mapper_with
from running.ending import leave
from streams.__main__ import main

if __name__ == "__main__":
    leave(main(["console"], dict(os.environ), mappers=mapper_with))
