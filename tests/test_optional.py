"""Packages of extras: the error of a missing one names the pip line."""

from __future__ import annotations

import json

import pytest

from qtn._optional import require
from qtn.errors import MissingExtraError


def test_a_package_that_is_there_is_returned() -> None:
    assert require("json", "all") is json


def test_a_package_that_is_missing_names_its_extra() -> None:
    text = r"package `no_such_package`, which is not installed.* \"qtn-toolkit\[language\]\""
    with pytest.raises(MissingExtraError, match=text) as caught:
        require("no_such_package.sub", "language")
    assert isinstance(caught.value, ImportError)
