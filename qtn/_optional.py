"""Optional packages: imported where they are needed, with the pip line when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from qtn.errors import MissingExtraError


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, which the extra `extra` of the distribution brings."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"This needs the package `{module.split('.')[0]}`, which is not installed. "
            f'Install it with: pip install "qtn-toolkit[{extra}]"'
        ) from error
