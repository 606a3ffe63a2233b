"""The order in which the tests run, and a ledger of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long flows first."""
    items.sort(key=lambda item: "flows" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def ledger_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what tests run out of the ledger of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QTN_LEDGER", str(tmp_path_factory.mktemp("ledger")))
        yield
