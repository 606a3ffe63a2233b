from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from qtn.data import load_idx
from qtn.errors import FileError

SHARED = Path(os.environ.get("QTN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def idx_bytes(array: np.ndarray, code: int) -> bytes:
    sizes = b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    swapped = array.astype(array.dtype.newbyteorder(">"))
    return bytes([0, 0, code, array.ndim]) + sizes + swapped.tobytes()


@pytest.mark.parametrize(
    ("dtype", "code"),
    [("u1", 8), ("i1", 9), ("i2", 11), ("i4", 12), ("f4", 13), ("f8", 14)],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_values_come_back(tmp_path: Path, dtype: str, code: int, compressed: bool) -> None:
    array = np.random.default_rng(0).integers(0, 100, (3, 2, 4)).astype(dtype)
    content = idx_bytes(array, code)
    path = tmp_path / "values"
    path.write_bytes(gzip.compress(content, mtime=0) if compressed else content)
    got = load_idx(path)
    assert got.dtype == array.dtype
    assert (got == array).all()


GOOD = idx_bytes(np.arange(6, dtype="u1").reshape(2, 3), 8)
BAD = [
    (b"\0\0", "is truncated: an IDX file has at least 4 bytes, this one has 2"),
    (b"PK\3\4" + GOOD, "is no IDX file: its first four bytes are 50 4b 03 04"),
    (b"\0\0\7\1" + GOOD[4:], "is no IDX file"),
    (GOOD[:9], "is truncated within its header of 2 axes"),
    (GOOD[:-2], r"is truncated: its header announces shape \(2, 3\), that is 6 bytes.* 4 follow"),
    (GOOD + b"\0", "is longer than it should be"),
    (gzip.compress(GOOD, mtime=0)[:-9], "is a truncated or damaged gzip file"),
    (gzip.compress(GOOD, mtime=0)[:12] + b"\xff" * 9, "is a truncated or damaged gzip file"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_damaged_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "values.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=message):
        load_idx(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        load_idx(tmp_path / "none.gz")


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="the shared data are not here")
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_real_test_sets(name: str) -> None:
    images = load_idx(SHARED / name / "t10k-images-idx3-ubyte.gz")
    labels = load_idx(SHARED / name / "t10k-labels-idx1-ubyte.gz")
    assert images.shape == (10_000, 28, 28)
    assert images.dtype == np.uint8
    assert np.bincount(labels).min() > 800
