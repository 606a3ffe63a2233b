"""Files that were changed and signed again: an error, or an object whose numbers agree."""

from __future__ import annotations

import copy
import gzip
import hashlib
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import qtn
from qtn import _io, _memory
from qtn.aqc import Staircase
from qtn.data.idx import load_idx
from qtn.errors import ArgumentError, FileError
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.pauli_noise import PauliNoise
from qtn.models.structure.search import fit_structure
from qtn.states.mps import MPS

RNG = np.random.default_rng(0)
X, Y = RNG.random((12, 4)), np.arange(12) % 2


def objects() -> dict[str, Any]:
    """Return one small object of every kind that a file can hold, checkpoints apart."""
    fit = {"epochs": 1, "progress": False}
    state = MPS.product([[0.6, 0.8], [0.0, 1.0], [1.0, 0.0]])
    chain = qtn.chain("tfim", n=3)
    return {
        "estimate": qtn.Estimate(0.5, 0.1, 100, "counts"),
        "mps": state,
        "ground-state": qtn.ground_state(chain, max_bond=4),
        "evolution": qtn.evolve(chain, state, 0.1),
        "evolved tree": qtn.evolve(chain, qtn.product_state("zeros", 3, tree="chain"), 0.1),
        "compiled": qtn.compile(state, Staircase(1), progress=False),
        "propagator": qtn.propagator(chain, 0.1, progress=False),
        "compiled operator": qtn.compile(np.eye(4)[::-1], progress=False),
        "readout": ReadoutCalibration(np.full((2, 2), 0.02), 100, (0, 3), "fake"),
        "noise": PauliNoise({("cx", (0, 1)): np.full(15, 1e-3)}, 100, "fake"),
        "structure": fit_structure(RNG.random((2, 3, 2)), progress=False),
        "chain classifier": qtn.MPSClassifier(2, class_weight={0: 2.0}, **fit).fit(2 * X, Y),
        "isometric": qtn.MPSClassifier(2, isometric=True, **fit).fit(X, Y),
        "tree classifier": qtn.TTNClassifier(3, **fit).fit(X, np.array(["no", "yes"])[Y]),
        "chain regressor": qtn.MPSRegressor(2, **fit).fit(X, X[:, 0]),
        "tree regressor": qtn.TTNRegressor(3, **fit).fit(X, X[:, :2]),
        "codes": qtn.MPSClassifier(2, features="one_hot", **fit).fit(X.round(), Y),
        "Born chain": qtn.MPSBornMachine(2, sweeps=1, progress=False).fit(X),
        "Born tree": qtn.TTNBornMachine(2, sweeps=1, progress=False).fit(X.round()),
    }


OBJECTS = objects()
WRONG: tuple[Any, ...] = (None, -1, 10**6, 2**70, 0.5, 1.5, float("nan"), "<script>", [], {}, True)


def content(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    with safetensors.safe_open(path, framework="numpy") as handle:
        meta = json.loads(handle.metadata()["qtn"])
        return {name: handle.get_tensor(name) for name in handle.keys()}, meta  # noqa: SIM118


def signed(arrays: dict[str, np.ndarray], header: Any, path: Path) -> Path:
    """Write a file with a digest that fits."""
    meta = header if isinstance(header, str) else json.dumps(header, sort_keys=True)
    plain = {name: np.ascontiguousarray(a).reshape(a.shape) for name, a in arrays.items()}
    digest = _io._digest(plain, meta)
    path.write_bytes(safetensors.numpy.save(plain, metadata={"qtn": meta, "sha256": digest}))
    return path


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to everything in a header, at most two entries of a list."""
    entries = list(value.items()) if isinstance(value, dict) else []
    entries = list(enumerate(value))[:2] if isinstance(value, list) else entries
    for key, inner in entries:
        yield (*way, key)
        yield from places(inner, (*way, key))


def put(header: dict[str, Any], way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    out = copy.deepcopy(header)
    inner: Any = out
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return out


def header_mutations(header: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for way in places(header):
        for value in WRONG:
            yield put(header, way, value)
    for name in header:
        yield {k: v for k, v in header.items() if k != name}
    yield {**header, "more": 1}


def array_mutations(arrays: dict[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    for name, array in list(arrays.items())[:6]:
        rest = {k: v for k, v in arrays.items() if k != name}
        yield rest
        for other in (array.astype(np.float16), array.astype(np.int32), array.astype(bool)):
            yield {**arrays, name: other}
        yield {**arrays, name: array[None]}
        yield {**arrays, name: array.ravel()[:-1]}
        yield {**arrays, name: np.zeros((0, 3))}
        if array.dtype.kind == "f":
            yield {**arrays, name: np.full_like(array, np.nan)}
            yield {**arrays, name: np.full_like(array, np.inf)}
            yield {**arrays, name: -1e3 * array - 7}
    yield {**arrays, "more": np.ones(2)}


def check(found: Any) -> None:
    """Check that an object is whole: it says what it is, predicts, and claims nothing absurd."""
    str(found), repr(found)
    _io._flattened(found)
    kind = found.kind
    if kind == "compiled":
        assert 0 <= found.infidelity <= 1 + 1e-9
        assert found.floor <= found.fidelity + 1e-9
        assert not found.verified
        assert "so says the file" in str(found)
        assert found.circuit.num_qubits == found.ansatz.n
    elif kind in ("mps", "mpo"):
        (found if kind == "mps" else found.chain).norm()
        if found.origin is not None:
            assert not found.origin.verified
            assert "so says the file" in str(found.origin)
    elif kind == "structure":
        assert "so says the file" in str(found)
        found.to_dense()
    elif kind == "readout-calibration":
        assert (found.rates >= 0).all()
        assert (found.rates <= 1).all()
    elif "born" in kind:
        assert found.state().phys == found.levels_
        assert not np.isnan(found.score_samples(X.round())).any()
    elif kind.endswith(("classifier", "regressor")):
        assert found.checkpoint is None
        assert np.isfinite(np.asarray(found.predict(X.round()) == 0)).all()


def survives(path: Path) -> bool:
    """Whether a file gives an object, which must then be whole."""
    try:
        found = _io.load(path)
    except FileError:
        return False
    check(found)
    return True


# A range that was changed makes the rows lie outside it, as the warning says.
@pytest.mark.filterwarnings("ignore:.*lie far outside the training range")
@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", OBJECTS)
def test_every_change_is_refused_or_harmless(name: str, every: int, tmp_path: Path) -> None:
    path = _io.save(OBJECTS[name], tmp_path / "object.qtn")
    arrays, header = content(path)
    assert survives(signed(arrays, header, path))
    cases = [(arrays, h) for h in header_mutations(header)]
    cases += [(a, header) for a in array_mutations(arrays)]
    cases = cases[::every]
    kept = sum(survives(signed(*case, path)) for case in cases)
    assert kept < len(cases) / 2


@pytest.mark.parametrize(
    "meta", ["[1]", "{", "null", '{"format": 1}', '{"format": "1", "kind": "mps"}', "[" * 100_000]
)
def test_headers_that_are_none(meta: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"header|format|holds a"):
        _io.load(signed({"x": np.ones(1)}, meta, tmp_path / "x.qtn"))


def test_types_that_numpy_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "x.qtn"
    entry = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
    meta = {"qtn": '{"format": 1, "kind": "mps"}', "sha256": hashlib.sha256().hexdigest()}
    head = json.dumps({"__metadata__": meta, "x": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + bytes(4))
    with pytest.raises(FileError, match=r"never writes|altered"):
        _io.load(path)


def test_pipes_devices_and_folders_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/null"), tmp_path):
        for read in (_io.load, load_idx):
            with pytest.raises(FileError, match="cannot be read"):
                read(path)
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(FileError, match="it is no ordinary file"):
            _io.write_atomic(path, "text")
    for path in ("a\0b", "", 7, None):
        for call in (_io.load, load_idx, _io.writable_folder):
            with pytest.raises(ArgumentError, match="`path` must be the path of a file"):
                call(path)  # type: ignore[arg-type]


def test_a_packed_file_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    head = bytes([0, 0, 8, 1]) + (9).to_bytes(4, "big")
    path.write_bytes(gzip.compress(head + bytes(50_000_000)))
    with pytest.raises(FileError, match=r"longer than it should be: .* 9 bytes"):
        load_idx(path)
    path.write_bytes(gzip.compress(bytes([0, 0, 8, 3]) + b"\xff" * 12 + bytes(100)))
    with pytest.raises(FileError, match=r"announces shape .* GiB of memory, but .* GiB are free"):
        load_idx(path)


def test_a_file_larger_than_the_free_memory(tmp_path: Path, monkeypatch: Any) -> None:
    path = _io.save(OBJECTS["mps"], tmp_path / "a.qtn")
    monkeypatch.setattr(_memory, "free_memory", lambda: 1000)
    with pytest.raises(FileError, match=r"needs .* GiB of memory, but .* GiB are free"):
        _io.load(path)


def test_values_that_no_file_can_keep(tmp_path: Path) -> None:
    compiled = replace(OBJECTS["compiled"], provenance={"target": object()})
    with pytest.raises(ArgumentError, match="holds a value that a file cannot keep"):
        _io.save(compiled, tmp_path / "a.qtn")


def test_a_checkpoint_that_was_changed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.qtn"
    model = qtn.MPSRegressor(2, epochs=2, checkpoint=str(path), progress=False).fit(X, X[:, 0])
    arrays, header = content(path)
    name = next(n for n in arrays if n.startswith("param."))
    signed({**arrays, name: arrays[name][:1]}, header, path)
    with pytest.raises(FileError, match="does not fit its own model"):
        model.fit(X, X[:, 0])
    for case in header_mutations(header):
        survives(signed(arrays, case, path))


def test_free_memory_is_known_here() -> None:
    free = _memory.free_memory()
    assert 0 < free < 2**50
    with pytest.raises(ArgumentError, match=r"The table needs 9.31e\+08 GiB of memory, but"):
        _memory.check_memory(1e18, "The table")
