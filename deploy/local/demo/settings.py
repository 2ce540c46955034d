"""Settings of the demo site, from `LEADSTREAM_DEMO__...`."""

from typing import Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.errors import BadDeploySettings

__all__ = ["DemoSettings", "read_settings"]

PREFIX: Final = "LEADSTREAM_DEMO__"


class DemoSettings(BaseSettings):
    """`collector_url` is what the visitor's browser can reach; `port` is on 127.0.0.1."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")
    port: int = Field(default=8090, ge=1, le=65_535, description="on 127.0.0.1")
    collector_url: str = Field(
        pattern=r"^https?://[^\s;,'\"<>]+$", description="the collector's address as the visitor's browser reaches it"
    )
    write_key: str = Field(pattern=r"^[\w.:-]+$", description="the key that the site's tracker has")


def read_settings() -> DemoSettings:
    """The settings of this process. Raises BadDeploySettings, which names the variables."""
    try:
        return DemoSettings()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        wrong = (f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise BadDeploySettings("; ".join(wrong)) from error
