"""What an operator says of a source: one table per source in a TOML file (`LEADSTREAM_COLLECTOR__SOURCES`).

[site]
origins = ["https://www.example.com"]

A source that the file does not name has the defaults. Whoever adds something that differs from source to source adds a
field here and nowhere else.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, ValidationError, convert

from producers.collector.privacy.urls import URL_PARAMETERS
from producers.errors import BadSettings

__all__ = ["ConsentMode", "Source", "Sources"]

ConsentMode: TypeAlias = Literal["off", "opt_out", "opt_in", "cookieless"]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source. `origins`: the pages that may send with its write key, empty = as LEADSTREAM_COLLECTOR__CORS_ORIGINS.

    `events_per_s` and `burst` limit each of its keys, unset = as LEADSTREAM_LIMITS__... say. `visitor_cookie`: the name
    of a first-party cookie that stands in for a missing anonymousId; `cross_site`: pages of other sites get it as well.
    `snowplow_app_ids`: the application ids of Snowplow trackers that send to it. `snowplow_identify`: the schemas
    (`vendor/name`) of their events and entities that say who somebody is.

    What it keeps of people (docs/explanation/privacy.md): `consent`, asked for any of `consent_purposes`;
    `url_parameters`, the only ones that addresses keep; `properties_deny`, and `properties_allow` where not empty.
    """

    origins: tuple[str, ...] = ()
    events_per_s: Annotated[float, Meta(ge=0)] | None = None
    burst: Annotated[int, Meta(ge=1)] | None = None
    visitor_cookie: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{0,64}$")] = ""
    cross_site: bool = False
    snowplow_app_ids: tuple[str, ...] = ()
    snowplow_identify: tuple[str, ...] = ()
    consent: ConsentMode = "opt_out"
    consent_purposes: tuple[str, ...] = ("analytics",)
    url_parameters: tuple[str, ...] = URL_PARAMETERS
    properties_allow: tuple[str, ...] = ()
    properties_deny: tuple[str, ...] = ()


class Sources:
    """All sources by name."""

    def __init__(self, known: Mapping[str, Source] | None = None) -> None:
        self._known = dict(known or {})
        self._other = Source()

    @classmethod
    def read(cls, path: Path | None) -> "Sources":
        """Those of the file; None = there is no file. Raises BadSettings, which names file and source."""
        if path is None:
            return cls()
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadSettings(f"LEADSTREAM_COLLECTOR__SOURCES: {path}: {error}") from error
        return cls({name: _source(path, name, table) for name, table in tables.items()})

    def __iter__(self) -> Iterator[tuple[str, Source]]:
        """Those that the file names."""
        return iter(self._known.items())

    def __getitem__(self, name: str) -> Source:
        return self._known.get(name, self._other)


def _source(path: Path, name: str, table: object) -> Source:
    try:
        return convert(table, Source)
    except ValidationError as error:
        raise BadSettings(f"LEADSTREAM_COLLECTOR__SOURCES: {path}: [{name}]: {error}") from error
