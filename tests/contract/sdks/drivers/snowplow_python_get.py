"""snowplow-tracker by GET: each event in a pixel's query."""

from functools import partial

from run import drive
from snowplow_python import play

drive(partial(play, method="get"))
