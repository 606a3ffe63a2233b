"""Data of the learning benchmark, read from the shared folder (QTN_DATA names another)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from qtn.data import load_idx
from qtn.data.digits import block_mean

FOLDER = Path(os.environ.get("QTN_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def images(name: str, factor: int) -> Split:
    """Return train rows, train labels, test rows, test labels of "mnist" or "fashion-mnist"."""
    parts: list[np.ndarray] = []
    for part in ("train", "t10k"):
        x = load_idx(FOLDER / name / f"{part}-images-idx3-ubyte.gz") / 255.0
        y = load_idx(FOLDER / name / f"{part}-labels-idx1-ubyte.gz").astype(np.int64)
        parts += [block_mean(x, factor).reshape(len(x), -1), y]
    return parts[0], parts[1], parts[2], parts[3]


def missing(name: str) -> str:
    """Return why the data set `name` cannot be read, or an empty string."""
    return "" if (FOLDER / name).is_dir() else f"no folder {name} in the shared data"
