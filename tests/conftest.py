"""Fixtures and settings shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# No window, and figures are drawn alike everywhere.
os.environ.setdefault("MPLBACKEND", "Agg")

# A slow example on a busy machine is no failure; every run draws the same examples.
hypothesis.settings.register_profile("qtn", deadline=None, derandomize=True, max_examples=25)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=500)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "qtn"))

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared data sets; the test is skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder ../shared/data is absent")
    return folder
