"""Tables of the benchmark of defaults: scikit-learn's own, sets that packages hold, and made ones.

`phishing`, `segment` and `banana` stand in the wheel of river, `penguins` in that of
palmerpenguins, `covertype` in the source of scikit-multiflow. The packages are downloaded once,
beside this file, and only their data are read: none of their code runs.
"""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_friedman1,
    make_moons,
)

FOLDER = Path(__file__).parent / ".peers" / "learn-sets"
RIVER, PENGUINS, MULTIFLOW = "river==0.21.2", "palmerpenguins==0.1.6", "scikit-multiflow==0.3.0"
Rows = tuple[np.ndarray, np.ndarray]


def _wheel(requirement: str) -> zipfile.ZipFile:
    name = requirement.partition("==")[0]
    if not list(FOLDER.glob(f"{name}-*.whl")):
        _pip("download", "--no-deps", "--dest", str(FOLDER), requirement)
    return zipfile.ZipFile(next(FOLDER.glob(f"{name}-*.whl")))


def _pip(*arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *arguments], capture_output=True, check=True)


def _table(text: str, target: str) -> Rows:
    rows = list(csv.DictReader(io.StringIO(text)))
    y = np.array([row.pop(target) for row in rows])
    return np.array([[float(v) for v in row.values()] for row in rows]), y


def phishing() -> Rows:
    packed = _wheel(RIVER).read("river/datasets/phishing.csv.gz")
    return _table(gzip.decompress(packed).decode(), "is_phishing")


def segment() -> Rows:
    packed = zipfile.ZipFile(io.BytesIO(_wheel(RIVER).read("river/datasets/segment.csv.zip")))
    return _table(packed.read(packed.namelist()[0]).decode(), "category")


def banana() -> Rows:
    packed = zipfile.ZipFile(io.BytesIO(_wheel(RIVER).read("river/datasets/banana.zip")))
    lines = [line.split() for line in packed.read("banana.all.txt").decode().splitlines()]
    values = [[float(v.partition(":")[2]) for v in line[1:]] for line in lines]
    return np.array(values), np.array([line[0] for line in lines])


def penguins() -> Rows:
    text = _wheel(PENGUINS).read("palmerpenguins/data/penguins.csv").decode()
    names = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
    rows = [r for r in csv.DictReader(io.StringIO(text)) if "NA" not in [r[n] for n in names]]
    return np.array([[float(r[n]) for n in names] for r in rows]), np.array(
        [r["species"] for r in rows]
    )


def covertype() -> Rows:
    """5,000 rows of the 581,012, drawn once."""
    kept = FOLDER / "covertype.npy"
    if not kept.exists():
        archive = FOLDER / "scikit-multiflow-0.3.0.tar.gz"
        if not archive.exists():
            only = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation")
            try:
                _pip("download", *only, "--dest", str(FOLDER), MULTIFLOW)
            except subprocess.CalledProcessError:
                if not archive.exists():  # pip fetches it, then fails to build what we do not need
                    raise
        with tarfile.open(archive) as source:
            member = next(m for m in source.getmembers() if m.name.endswith("/covtype.csv"))
            handle = source.extractfile(member)
            assert handle is not None
            lines = handle.read().decode().splitlines()[1:]
        chosen = np.random.default_rng(0).choice(len(lines), 5000, replace=False)
        np.save(kept, np.array([[float(v) for v in lines[i].split(",")] for i in chosen]))
    table = np.load(kept)
    return table[:, :-1], table[:, -1].astype(int)


def parity() -> Rows:
    """The parity of 4 of 10 bits, 1,500 rows."""
    bits = np.random.default_rng(1).integers(0, 2, (1500, 10))
    return bits.astype(float), bits[:, [1, 4, 6, 9]].sum(axis=1) % 2


def one_feature() -> Rows:
    """Three classes, the thirds of one uniform column, 500 rows."""
    x = np.random.default_rng(2).random((500, 1))
    return x, np.digitize(x[:, 0], [1 / 3, 2 / 3])


def one_of(sites: int, rows: int = 600) -> Rows:
    """Columns of noise and one, in the first third, that tells the two classes apart."""
    x = np.random.default_rng(3).random((rows, sites))
    return x, (x[:, sites // 3] > 0.5).astype(int)


def imbalanced() -> Rows:
    """3 % of the rows in the rare class, 2,000 rows of 10 columns."""
    return make_classification(
        2000, 10, n_informative=5, weights=[0.97], flip_y=0.01, random_state=4
    )


def geographic(rows: int = 4000) -> Rows:
    """Prices by place, income and age: towns on a map, each with a reach of its own; and noise."""
    rng = np.random.default_rng(5)
    towns, reach, worth = rng.random((6, 2)), rng.uniform(0.05, 0.3, 6), rng.uniform(0.3, 1.5, 6)
    place = np.concatenate(
        [
            towns[rng.integers(0, 6, rows // 2)] + 0.08 * rng.normal(size=(rows // 2, 2)),
            rng.random((rows - rows // 2, 2)),
        ]
    )
    income, age, rooms = (
        rng.lognormal(1.2, 0.5, rows),
        rng.uniform(1, 52, rows),
        rng.gamma(9, 0.6, rows),
    )
    far = ((place[:, None, :] - towns) ** 2).sum(axis=2)
    price = (worth * np.exp(-far / (2 * reach**2))).sum(axis=1) + 0.45 * np.log(income)
    price += 0.08 * np.log(rooms) * np.log(income) + 0.004 * age + 0.25 * rng.normal(size=rows)
    return np.column_stack([place * [10, 10] + [32, -124], income, age, rooms]), price


def _sklearn(load: Callable[..., Rows]) -> Callable[[], Rows]:
    return lambda: load(return_X_y=True)


CLASSES: dict[str, Callable[[], Rows]] = {
    "digits 8x8": _sklearn(load_digits),
    "wine": _sklearn(load_wine),
    "breast cancer": _sklearn(load_breast_cancer),
    "iris": _sklearn(load_iris),
    "penguins": penguins,
    "phishing": phishing,
    "segment": segment,
    "moons": lambda: make_moons(1000, noise=0.3, random_state=6),
    "banana": banana,
    "imbalanced 3 %": imbalanced,
    "parity of 4 in 10 bits": parity,
    "one feature, 3 classes": one_feature,
    "500 sites, 1 informative": lambda: one_of(500),
    "covertype, 5,000 rows": covertype,
}
TARGETS: dict[str, Callable[[], Rows]] = {
    "diabetes": _sklearn(load_diabetes),
    "Friedman #1": lambda: make_friedman1(2000, noise=1.0, random_state=0),
    "geographic": geographic,
}


@cache
def rows_of(name: str) -> Rows:
    """Return the rows and targets of the set of that name."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    return (CLASSES | TARGETS)[name]()
