"""Exceptions: every error a user can meet names the value, what was expected and the way out."""

from __future__ import annotations

from typing import Any

from qtn._secrets import without_known

__all__ = [
    "ArgumentError",
    "BudgetError",
    "DeviceError",
    "FidelityError",
    "FileError",
    "MissingExtraError",
    "QtnError",
    "VerificationError",
]


class QtnError(Exception):
    """Base of all errors that qtn raises on purpose; known credentials in its text are masked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(without_known(a) if isinstance(a, str) else a for a in args))


class ArgumentError(QtnError, ValueError):
    """An argument has a value that cannot be used."""


class FileError(QtnError, OSError):
    """A file cannot be read or written, or does not hold what it should."""


class DeviceError(QtnError, RuntimeError):
    """A device cannot take the work, or returned something unusable."""


class BudgetError(QtnError, RuntimeError):
    """The planned work exceeds the budget; nothing was submitted."""


class VerificationError(QtnError, RuntimeError):
    """Two engines disagree, or nothing can be certified at an acceptable cost."""


class FidelityError(QtnError, RuntimeError):
    """The fidelity asked for was not reached; `best` keeps the best result found."""

    def __init__(self, message: str, best: Any = None) -> None:
        super().__init__(message)
        self.best = best


class MissingExtraError(QtnError, ImportError):
    """An optional package is not installed; the message names the pip line."""
