"""Optional packages: imported where they are needed, with the pip line when they are missing."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from qtn.errors import MissingExtraError

if TYPE_CHECKING:
    import pandas as pd


def require(module: str, extra: str) -> ModuleType:
    """Import `module`, which the extra `extra` of the distribution brings."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"This needs the package `{module.split('.')[0]}`, which is not installed. "
            f'Install it with: pip install "qtn-toolkit[{extra}]"'
        ) from error


def data_frame(records: Sequence[Mapping[str, Any]], index: str | None = None) -> pd.DataFrame:
    """Return records, one line each, as a pandas data frame.

    Args:
        records: values by the name of their column.
        index: the column that names the lines; None numbers them.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    frame: Any = require("pandas", "frames").DataFrame
    found: pd.DataFrame = frame.from_records(list(records), index=index)
    return found
