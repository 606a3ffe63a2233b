"""The order in which the tests run."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long flows first."""
    items.sort(key=lambda item: "flows" not in item.path.parts)
