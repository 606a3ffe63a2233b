"""A table as other packages have it: iteration gives the names of its columns."""

from __future__ import annotations

from typing import Any

import numpy as np


class ForeignTable:
    """Rows and columns, like a DataFrame of pandas."""

    ndim = 2

    def __init__(self, rows: list[list[Any]], names: list[str] | None = None) -> None:
        self.rows = np.array(rows)
        self.names = names or [f"column {k}" for k in range(self.rows.shape[1])]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Any:
        return iter(self.names)
