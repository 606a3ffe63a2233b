"""Results in files: what comes back is what went in, and nothing foreign is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError, FileError
from qtn.parallel.kept import Kept
from qtn.verification.check import Check, Cost

PLAIN: list[Any] = [
    None, True, 3, 2**80, 0.1, float("inf"), "text", 1.5 - 2j, [1, (2, [3.0])],
    {"a": 1, 2: (None,)}, {}, [], (), {"complex": [1, 2]}, {("a", 1): "pair"},
]  # fmt: skip
ARRAYS = [
    np.arange(3), np.array(2.5), np.zeros((0, 2)), np.array([True]), np.array([1 + 2j, -0.0]),
    np.array([1 + 2j], np.complex64), np.array([1.5], np.float32), np.eye(3, dtype=np.int8),
]  # fmt: skip


def back(value: Any, folder: Path) -> Any:
    return qtn.load(qtn.save(Kept(value, "key"), folder / "one.qtn")).value


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back(value: Any, tmp_path: Path) -> None:
    found = back(value, tmp_path)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_arrays_keep_type_shape_and_bits(value: np.ndarray, tmp_path: Path) -> None:
    found = back({"x": [value]}, tmp_path)["x"][0]
    assert (found.dtype, found.shape, found.tobytes()) == (
        value.dtype, value.shape, value.tobytes(),
    )  # fmt: skip


def test_scalars_of_numpy_stay_scalars(tmp_path: Path) -> None:
    for value in (np.float64(0.1), np.complex64(1j), np.int32(4), np.bool_(True)):
        found = back(value, tmp_path)
        assert type(found) is type(value)
        assert found == value


def test_states_models_and_circuits_come_back(tmp_path: Path) -> None:
    state = qtn.MPS.product([[1, 0], [0.6, 0.8]])
    compiled = qtn.compile([0.6, 0, 0, 0.8], qtn.Staircase(layers=1))
    x = np.random.default_rng(0).integers(0, 2, (12, 4)).astype(float)
    model = qtn.MPSClassifier(bond=2, epochs=1).fit(x, np.arange(12) % 2)
    one, two, three = back((state, compiled, model), tmp_path)
    assert one.fidelity(state) == pytest.approx(1.0)
    assert two.fidelity == compiled.fidelity
    assert np.array_equal(two.gates, compiled.gates)
    assert np.array_equal(three.predict_proba(x), model.predict_proba(x))


def test_results_of_doors_come_back(tmp_path: Path) -> None:
    check = qtn.verify(qtn.compile([0.6, 0, 0, 0.8]).circuit, [0.6, 0, 0, 0.8], ["ZZ", "XX"])
    found = back(check, tmp_path)
    assert [(e.value, e.stderr) for e in found.values] == [
        (e.value, e.stderr) for e in check.values
    ]
    assert (found.low, found.high, found.cost) == (check.low, check.high, check.cost)
    assert str(found) == str(check)
    assert back(Check(None, None, None, "chain", Cost(0.1), "why"), tmp_path).values == ()
    assert back(qtn.Status.EXACT, tmp_path) is qtn.Status.EXACT


@pytest.mark.parametrize(
    "value",
    [object(), b"1", {1, 2}, np.array(["a"]), [lambda: 1], Kept, np.longdouble(1), np.ones(1, "G")],
)
def test_what_no_file_keeps_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match=r"which a journal cannot keep. Return numbers"):
        Kept(value, "key").pack()


@pytest.mark.parametrize(
    "node",
    [
        {"result": "os:system", "fields": {}},
        {"result": "qtn.errors:QtnError", "fields": {}},
        {"result": "qtn._io:load", "fields": {}},
        {"result": "qtn.verification.check:Check", "fields": {"fidelity": 1}},
        {"member": "qtn.verification.check:Check", "name": "x"},
        {"saved": "nothing", "header": {}, "arrays": {}},
        {"array": "000007"},
        {"odd": 1},
    ],
)
def test_foreign_files_are_refused(node: Any, tmp_path: Path) -> None:
    class Forged:
        kind = "mapped"

        def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
            return {}, {"key": "k", "value": node}

    path = qtn.save(Forged(), tmp_path / "forged.qtn")  # type: ignore[arg-type]
    with pytest.raises(FileError, match="does not hold what a mapped needs"):
        qtn.load(path)
