"""One small file of every kind that `qtn.save` writes, and the values to read from it again.

    PYTHONPATH=CHECKOUT python tests/old_files.py FOLDER

writes the files with the checkout of a version whose files must load for ever, and their values to
`FOLDER/values.json`. `tests/contracts/test_old_files.py` loads them with the code of today.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

import qtn
from qtn import _io
from qtn.mitigation import LayerNoise, NoiseLayer

ROWS = np.random.default_rng(0).random((12, 4))
CLASSES = np.arange(12) % 2
SENTENCES = (3 * ROWS).astype(int)
LAYER = NoiseLayer((("cz", (0, 1)),), {((0, "Z"), (2, "X")): 1e-3, ((1, "Y"),): 2e-3})
TEXTS = [" ".join("abc"[token] for token in row) for row in SENTENCES]


def objects() -> dict[str, Any]:
    """Return one small object of every kind, checkpoints apart."""
    fit: dict[str, Any] = {"epochs": 1, "progress": False}
    sweeps: dict[str, Any] = {"sweeps": 1, "progress": False}
    state = qtn.MPS.product([[0.6, 0.8], [0.0, 1.0], [1.0, 0.0]])
    chain = qtn.chain("tfim", n=3)
    evolved, ground = qtn.evolve(chain, state, 0.1), qtn.ground_state(chain, max_bond=4)
    named = np.array(["no", "yes"])[CLASSES]
    operator = qtn.propagator(chain, 0.1)
    chain_model = qtn.MPSClassifier(2, **fit).fit(ROWS, named)
    quantum = qtn.deploy(chain_model, qtn.Staircase(1), device="FakeManilaV2", shots=100)
    noise, readout = _io.resolve("pauli-noise"), _io.resolve("readout-calibration")
    return {
        "estimate": qtn.Estimate(0.5, 0.1, 100, "counts"),
        "mps": state,
        "block-mps": qtn.BlockMPS.from_mps(qtn.product_state("neel", 4))
        .evolved(
            [((1, 2), np.array([[1, 0, 0, 0], [0, 0.8, 0.6j, 0], [0, 0.6j, 0.8, 0], [0, 0, 0, 1]]))]
        )
        .state,
        "mapped": _io.resolve("mapped")({"found": [0.5, np.arange(2.0), (1, state)]}, 64 * "0"),
        "mps-evolved": evolved,
        "mps-ground": ground,
        "evolution": evolved.origin,
        "ground-state": ground.origin,
        "mpo": operator,
        "propagator": operator.origin,
        "comparison": qtn.compare(chain_model, quantum, ROWS, named, progress=False),
        "compiled-staircase": qtn.compile(ground, qtn.Staircase(2), progress=False),
        "compiled-brickwall": qtn.compile(evolved, qtn.Brickwall(layers=2), progress=False),
        "device-descent": _io.resolve("device-descent")(
            np.array([0.1, 0.2]), np.array([0.3, 0.4]), 1, 2, {"gain": 0.5}, (0.9, 0.7), "search"
        ),
        "readout-calibration": readout(np.full((2, 2), 0.02), 100, (0, 3), "fake"),
        "pauli-noise": noise({("cx", (0, 1)): np.full(15, 1e-3)}, 100, "fake"),
        "layer-noise": LayerNoise((LAYER,), "fake"),
        "structure": qtn.fit_structure(ROWS[:6].reshape(2, 3, 4), progress=False),
        "ttn": qtn.TTNClassifier(3, **fit).fit(ROWS, CLASSES).state(label=0),
        "mps-classifier": qtn.MPSClassifier(2, class_weight={0: 2.0}, **fit).fit(2 * ROWS, CLASSES),
        "isometric": qtn.MPSClassifier(2, isometric=True, **fit).fit(ROWS, CLASSES),
        "one-hot": qtn.MPSClassifier(2, features="one_hot", **fit).fit(ROWS.round(), CLASSES),
        "ttn-classifier": qtn.TTNClassifier(3, **fit).fit(ROWS, named),
        "mps-regressor": qtn.MPSRegressor(2, **fit).fit(ROWS, ROWS[:, 0]),
        "ttn-regressor": qtn.TTNRegressor(3, **fit).fit(ROWS, ROWS[:, :2]),
        "mps-born-machine": qtn.MPSBornMachine(2, **sweeps).fit(ROWS),
        "ttn-born-machine": qtn.TTNBornMachine(2, **sweeps).fit(ROWS.round()),
        "sentence-classifier": qtn.SentenceClassifier(shared=True, **fit).fit(TEXTS, named),
        "sequence-classifier": qtn.SequenceClassifier(hidden=0.1, **fit).fit(SENTENCES, named),
    }


def long_run(path: Path) -> Any:
    """Return the model whose training keeps its state in `path`."""
    return qtn.MPSRegressor(2, epochs=4, checkpoint=str(path), progress=False)


def interrupted(folder: Path) -> Any:
    """Write the checkpoint of a run after two of its four epochs; return the whole run's model."""
    kept = folder / "training-checkpoint.qtn"
    save = _io.save

    def keep(obj: Any, path: Any) -> Path:
        saved = save(obj, path)
        if obj.epoch == 2:
            shutil.copy(saved, kept)
        return saved

    for module in [m for m in sys.modules.values() if getattr(m, "save", None) is save]:
        module.save = keep  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as scratch:
        return long_run(Path(scratch) / "run.qtn").fit(ROWS, ROWS[:, 0])


def recorded(folder: Path) -> Any:
    """Return a run of two circuits that is recorded in the ledger `folder`, or was before."""
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    bindings = [[0.3], [1.2]]
    return qtn.run(
        (circuit, bindings), device="FakeManilaV2", shots=20, seed=3, ledger=folder, progress=False
    )


def values(obj: Any) -> dict[str, Any]:
    """Return what an object says, as numbers and texts."""
    kind = obj.kind
    if kind == "estimate":
        return {"value": obj.value, "error": obj.stderr, "shots": obj.shots, "method": obj.method}
    if kind == "mapped":
        (number, array, (whole, state)) = obj.value["found"]
        return {"parts": [number, array.tolist(), whole], "state": values(state), "key": obj.key}
    if kind in ("mps", "ttn", "block-mps"):
        origin = getattr(obj, "origin", None)
        found = {"amplitudes": parts(obj.to_mps().to_dense() if kind == "ttn" else obj.to_dense())}
        return found if origin is None else {**found, "origin": values(origin)}
    if kind == "mpo":
        return {"matrix": parts(obj.to_dense().ravel()), "origin": values(obj.origin)}
    if kind == "propagator":
        return {"time": obj.time, "step": obj.step, "discarded": float(np.sum(obj.discarded))}
    if kind == "evolution":
        return {"time": obj.time, "error": obj.truncation_error, "start": values(obj.start)}
    if kind == "ground-state":
        return {"energy": obj.energy, "variance": obj.variance, "sweeps": obj.sweeps}
    if kind == "compiled":
        from qiskit.quantum_info import Statevector

        return {
            "infidelity": obj.infidelity,
            "floor": obj.floor,
            "gates": obj.two_qubit_gates,
            "depth": obj.two_qubit_depth,
            "status": obj.status.name,
            "history": [record.infidelity for record in obj.history],
            "state": parts(Statevector(obj.circuit).data),
        }
    if kind == "comparison":
        return {
            "rows": [row.numbers() for row in obj.rows],
            "scores": [parts(row.scores.value) for row in obj.rows if row.scores is not None],
            "labels": obj.labels.tolist(),
            "gates": [circuit.two_qubit_gates for circuit in obj.quantum.compiled],
            "qubits": list(obj.quantum.placement.qubits),
            "hashes": obj.made.hashes,
            "title": obj.title,
        }
    if kind == "device-descent":
        return {"end": obj.end.tolist(), "step": obj.step, "history": list(obj.history)}
    if kind == "readout-calibration":
        return {"rates": obj.rates.tolist(), "qubits": list(obj.qubits), "shots": obj.shots}
    if kind == "pauli-noise":
        return {"rates": [array.tolist() for array in obj.rates.values()]}
    if kind == "layer-noise":
        return {"rates": [list(layer.terms.values()) for layer in obj.layers]}
    if kind == "structure":
        return {"dense": obj.to_dense().ravel().tolist()}
    return model_values(obj)


def model_values(model: Any) -> dict[str, Any]:
    """Return what a fitted model says of the rows."""
    whole = model.kind == "ttn-born-machine" or model.get_params().get("features") == "one_hot"
    rows: Any = ROWS.round() if whole else ROWS
    rows = {"sequence-classifier": SENTENCES, "sentence-classifier": TEXTS}.get(model.kind, rows)
    # Where a recipe tells what an "auto" stood for, its word counts.
    recipe = getattr(model, "recipe_", None)
    in_force = model.get_params() | (dict(recipe.settings) if recipe else {})
    parameters = {k: str(v) for k, v in sorted(in_force.items()) if k != "checkpoint"}
    if model.kind.endswith("born-machine"):
        return {"scores": model.score_samples(rows).tolist(), "parameters": parameters}
    found = {"predictions": model.predict(rows).tolist(), "parameters": parameters}
    if model.kind.endswith("classifier"):
        found["scores"] = model.predict_proba(rows).tolist()
    return found


def parts(array: Any) -> list[list[float]]:
    """Return a complex vector as pairs of numbers."""
    return [[float(x.real), float(x.imag)] for x in np.asarray(array, dtype=complex).ravel()]


def main(folder: Path) -> None:
    """Write the files and their values."""
    folder.mkdir(exist_ok=True, parents=True)
    found = objects()
    for name, obj in found.items():
        qtn.save(obj, folder / f"{name}.qtn")
    told = {name: values(qtn.load(folder / f"{name}.qtn")) for name in found}
    told["training-checkpoint"] = values(interrupted(folder))
    told["ledger"] = {"bits": recorded(folder / "ledger").bits[0].array.tolist()}
    text = json.dumps({"version": qtn.__version__, "values": told}, indent=1)
    (folder / "values.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
