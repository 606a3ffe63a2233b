"""Rows from files: tables, arrays, IDX; scaled, split, and refused with the place."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

import qtn
from qtn.data.tables import load_data
from qtn.errors import ArgumentError, FileError

RNG = np.random.default_rng(3)


def idx(path: Path, array: np.ndarray) -> Path:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))
    return path


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_scaled_by_the_rows_to_train_on(tmp_path: Path) -> None:
    raw = RNG.normal(5, 3, (40, 3))
    raw[:, 2] = 7.0
    lines = "\n".join(f"{a},{b},{k % 2},{c}" for k, (a, b, c) in enumerate(raw.tolist()))
    path = table(tmp_path / "rows.csv", "a,b,kind,c\n" + lines)
    rows = load_data(path, label="kind", seed=1)
    assert rows.x_train.shape == (30, 3)
    assert rows.x_test.shape == (10, 3)
    assert rows.x_train[:, :2].min(0).tolist() == [0, 0]
    assert rows.x_train[:, :2].max(0).tolist() == [1, 1]
    assert not rows.x_train[:, 2].any()
    assert (rows.x_train >= 0).all()
    assert set(rows.y_train) == {0, 1}
    assert (np.bincount(rows.y_test) == 5).all()  # as many of every class as there are
    again = load_data(path, label=2, seed=1)
    assert np.array_equal(again.x_train, rows.x_train)
    assert not np.array_equal(load_data(path, label=2, seed=2).x_train, rows.x_train)


def test_columns_in_the_unit_interval_stay(tmp_path: Path) -> None:
    path = table(tmp_path / "r.tsv", "0.25\t0.5\tno\n0.75\t0.5\tyes\n" * 4)
    rows = load_data(path, label=-1)
    assert set(np.unique(rows.x_train)) == {0.25, 0.5, 0.75}
    assert set(rows.y_train) == {"no", "yes"}


def test_numbers_to_predict_stay_numbers(tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "x;y\n" + "".join(f"0.5;{k / 7}\n" for k in range(8)))
    rows = load_data(path)
    assert rows.y_train.dtype == np.float64
    assert set(rows.y_train) | set(rows.y_test) == {k / 7 for k in range(8)}


def test_rows_without_labels(tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "a,y\n0,1\n1,0\n0,0\n1,1\n")
    rows = load_data(path, label=None)
    assert rows.features == 2
    assert set(rows.y_train) == {0}
    assert load_data(table(tmp_path / "n.csv", "0,1\n1,1\n0,0\n1,0\n")).features == 2


def test_classes_are_chosen(tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "a,class\n" + "0,red\n1,blue\n0,green\n" * 4)
    assert set(load_data(path, classes=("red", "blue")).y_train) == {"red", "blue"}
    with pytest.raises(ArgumentError, match=r"`classes` must be labels of the file .*'pink'"):
        load_data(path, classes=("red", "pink"))
    with pytest.raises(ArgumentError, match="needs labels"):
        load_data(table(tmp_path / "n.csv", "0,1\n1,0\n"), classes=("red",))


def test_arrays_of_numpy(tmp_path: Path) -> None:
    x, y = RNG.random((8, 2, 2)), np.arange(8) % 2
    np.savez(tmp_path / "a.npz", x=x, y=y)
    rows = load_data(tmp_path / "a.npz")
    assert rows.shape == (2, 2)
    assert len(rows.x_train) == 6
    np.savez(tmp_path / "b.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    parts = load_data(tmp_path / "b.npz")
    assert np.array_equal(parts.x_train, x.reshape(8, 4))
    assert parts.y_test.tolist() == [0, 1]
    np.savez(tmp_path / "c.npz", images=np.full((4, 2, 2), 255, np.uint8), kind=y[:4])
    bytes_ = load_data(tmp_path / "c.npz", label="kind")
    assert bytes_.x_train.max() == 1.0
    assert load_data(tmp_path / "a.npz", classes=[0, 1], size=1).shape == (1, 1)


def test_images_in_idx_with_the_labels_beside(tmp_path: Path) -> None:
    images = RNG.integers(0, 256, (12, 4, 4))
    path = idx(tmp_path / "train-images-idx3-ubyte.gz", images)
    assert set(load_data(path).y_train) == {0}
    labels = idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(12) % 3)
    rows = load_data(path, classes=(0, 2), size=2)
    assert rows.shape == (2, 2)
    assert set(rows.y_train) == {0, 2}
    whole = load_data(path, label=labels)
    assert np.isin(np.round(whole.x_train * 255), images).all()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, "holds no rows"),
        ("a,b\n", {}, "holds no rows"),
        ("class\n1\n2\n", {}, "holds no features"),
        ("a,b\n1,2\n3\n", {}, "row 3: 1 columns, not 2"),
        ("a,b\n1,2\n3,red\n", {}, "row 3: column 'b' holds 'red', no number"),
        ("a,b\n1,2\n3,\n", {}, "column 'b' holds '', no number"),
        ("1,2\nnan,4\n", {}, "column 0 holds 'nan', no number"),
        ("1,2\n", {}, "1 row; at least two"),
        ("a,kind\n1,2\n", {"label": "kimd"}, "Did you mean 'kind'"),
        ("1,2\n3,4\n", {"label": 2}, r"but is 2.*a number of 0 … 1"),
        ("1,2\n3,4\n", {"size": 3}, "a divisor of the side of square images"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, options: dict, said: str) -> None:
    with pytest.raises(qtn.QtnError, match=said):
        load_data(table(tmp_path / "r.csv", text), **options)


def test_bad_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", rows=np.ones((2, 2)))
    with pytest.raises(FileError, match=r"none of them called x.*numpy.savez"):
        load_data(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=np.array([[None]], dtype=object))
    with pytest.raises(FileError, match="no arrays that can be read"):
        load_data(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", x=np.ones((4, 2)), y=np.ones(3))
    with pytest.raises(ArgumentError, match=r"4 rows, but labels of shape \(3,\)"):
        load_data(tmp_path / "c.npz")
    with pytest.raises(ArgumentError, match=r"`label` must be an array of the file"):
        load_data(tmp_path / "c.npz", label="z")
    np.savez(tmp_path / "d.npz", x=np.ones(4))
    with pytest.raises(ArgumentError, match="an array of rows"):
        load_data(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", x_train=np.ones((4, 2)), x_test=np.ones((4, 3)))
    with pytest.raises(FileError, match="differ in their columns"):
        load_data(tmp_path / "e.npz")
    (tmp_path / "f.npz").write_bytes(b"PK\3\4no")
    with pytest.raises(FileError, match="no arrays that can be read"):
        load_data(tmp_path / "f.npz")


def test_pickles_are_never_read(tmp_path: Path) -> None:
    for name in ("rows.pkl", "rows.csv"):
        (tmp_path / name).write_bytes(pickle.dumps([1]))
        with pytest.raises(FileError, match="is a pickle, which may run any code"):
            load_data(tmp_path / name)
