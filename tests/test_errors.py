"""The exceptions: their bases, what they carry, what they hide."""

from __future__ import annotations

import pytest

from qtn import errors


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        ("ArgumentError", ValueError),
        ("BudgetError", RuntimeError),
        ("DeviceError", RuntimeError),
        ("FidelityError", RuntimeError),
        ("FileError", OSError),
        ("MissingExtraError", ImportError),
        ("VerificationError", RuntimeError),
    ],
)
def test_each_is_ours_and_one_of_pythons(kind: str, base: type[Exception]) -> None:
    raised = getattr(errors, kind)("what happened")
    assert isinstance(raised, errors.QtnError)
    assert isinstance(raised, base)
    assert str(raised) == "what happened"


def test_all_are_listed() -> None:
    kinds = {
        n
        for n, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    assert kinds == set(errors.__all__)


def test_the_best_result_is_kept() -> None:
    assert errors.FidelityError("too low", best="circuit").best == "circuit"
    assert errors.FidelityError("too low").best is None


def test_known_credentials_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "q8w7e6r5")
    assert str(errors.DeviceError("refused q8w7e6r5")) == "refused ***"
