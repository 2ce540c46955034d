"""`make reference`: writes the pages of settings and metrics from the code that they describe."""

from tests.reference.metrics_page import METRICS, metrics_page
from tests.reference.settings_page import SETTINGS, settings_page

SETTINGS.write_text(settings_page(), "utf-8")
METRICS.write_text(metrics_page(), "utf-8")
