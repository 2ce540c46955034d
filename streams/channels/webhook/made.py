"""The webhook from the settings."""

from collections.abc import Callable

from standardwebhooks.webhooks import EmptyWebhookSecretError

from streams.channels.ways import checked, way_out
from streams.channels.webhook.channel import WebhookChannel
from streams.core.routing import Routing
from streams.errors import SettingsError
from streams.settings import Settings

__all__ = ["make_webhook"]


def make_webhook(
    settings: Settings, routing: Routing, *, now: Callable[[], int]  # noqa: ARG001  a receiver reads all languages
) -> WebhookChannel | None:  # fmt: skip
    """The webhook, where an address is set. Raises SettingsError."""
    ours = settings.webhook
    if not ours.url:
        return None
    checked(settings, ours.url, variable="LEADSTREAM_WEBHOOK__URL")
    if ours.secret is None:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET: missing; what leaves is signed (whsec_ and base64)")
    live = [one.get_secret_value() for one in (ours.secret, ours.secret_former) if one is not None]
    console_url = settings.console.public_url
    try:
        return WebhookChannel(ours.url, live, outgoing=way_out(settings), now=now, console_url=console_url)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET (and __SECRET_FORMER): must be whsec_ and base64") from error
