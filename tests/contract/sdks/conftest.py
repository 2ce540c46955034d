"""The Chromium of the browser tests."""

from tests.browser.conftest import chromium, person

__all__ = ["chromium", "person"]
