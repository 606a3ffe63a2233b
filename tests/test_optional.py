"""Packages of extras: the error of a missing one names the pip line; the stand-in for torch."""

from __future__ import annotations

import copy
import json

import pytest
import torch

from qtn import _optional
from qtn._optional import Absent, need_torch, require, torch_is_there
from qtn.errors import MissingExtraError

WORDS = r'`torch`, which is not installed.* pip install "qtn-toolkit\[train\]".* CPU build of torch'


def test_a_package_that_is_there_is_returned() -> None:
    assert require("json", "all") is json


def test_a_package_that_is_missing_names_its_extra() -> None:
    text = r"package `no_such_package`, which is not installed.* \"qtn-toolkit\[language\]\""
    with pytest.raises(MissingExtraError, match=text) as caught:
        require("no_such_package.sub", "language")
    assert isinstance(caught.value, ImportError)


def test_calls_name_the_pip_line() -> None:
    absent = Absent("torch")
    assert absent.nn.functional.__name__ == "torch.nn.functional"
    for call in (absent, absent.tensor, absent.linalg.qr):
        with pytest.raises(MissingExtraError, match=WORDS):
            call([1.0])


def test_classes_derive_from_it_and_cannot_be_made() -> None:
    absent = Absent("torch")

    class Network(absent.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()

    with pytest.raises(MissingExtraError, match=WORDS):
        Network()
    assert not isinstance(1.0, absent.Tensor)


def test_python_may_look_at_it() -> None:
    absent = Absent("torch")
    assert copy.copy(absent).__name__ == "torch"
    with pytest.raises(AttributeError):
        _ = absent.__array__


def test_need_is_met_where_torch_is(monkeypatch: pytest.MonkeyPatch) -> None:
    need_torch()
    monkeypatch.setattr(_optional, "torch_is_there", lambda: False)
    with pytest.raises(MissingExtraError, match=WORDS):
        need_torch()


def test_what_is_there_is_torch_itself() -> None:
    assert torch_is_there()
    assert _optional.torch is torch
    assert (_optional.nn, _optional.Tensor) == (torch.nn, torch.Tensor)
    assert _optional.functional is torch.nn.functional
    with pytest.raises(AttributeError, match="no attribute 'tensor'"):
        _ = _optional.tensor


def test_a_package_that_is_broken_is_not_called_missing(tmp_path, monkeypatch) -> None:
    (tmp_path / "breaks_on_import.py").write_text("raise ImportError('undefined symbol: cusparse')")
    monkeypatch.syspath_prepend(tmp_path)
    text = r"is installed but cannot be imported \(undefined symbol: cusparse\)"
    with pytest.raises(MissingExtraError, match=text):
        require("breaks_on_import", "train")
