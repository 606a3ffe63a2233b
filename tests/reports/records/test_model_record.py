"""What is kept of models, so that a page can be written without them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import qtn
from qtn.interop.qasm import from_qasm3
from qtn.reports.entrants import BASELINE, CLASSICAL, QUANTUM, Entrant
from qtn.reports.records.model_record import device_name, quantum_record, record_of


def test_of_a_tensor_network(comparison) -> None:
    model = comparison.model
    found = record_of(Entrant("x", CLASSICAL, model))
    assert found.sort == "MPSClassifier"
    assert found.seed == 0
    assert found.history_["loss"] == tuple(model.history_["loss"])
    assert [state.label for state in found.entropies] == ["0", "1"]
    assert found.entropies[1].values == pytest.approx(model.state(1).entropies())
    assert repr(found) == "ModelRecord(MPSClassifier)"
    assert record_of(Entrant("x", CLASSICAL, found)) is found


def test_of_a_tree_and_a_regressor(data) -> None:
    x, y = data.x_train[:20], data.y_train[:20]
    tree = qtn.TTNClassifier(2, epochs=1, progress=False).fit(x, y)
    state = tree.state(y[0])
    found = record_of(Entrant("x", CLASSICAL, tree)).entropies[0]
    assert found.values == pytest.approx([state.entropy(node) for node in range(6)])
    line = qtn.MPSRegressor(2, epochs=1, progress=False).fit(x, x[:, 0])
    assert [s.label for s in record_of(Entrant("x", CLASSICAL, line)).entropies] == [""]


def test_of_a_foreign_model(data) -> None:
    model = make_pipeline(FunctionTransformer(np.sqrt), LogisticRegression(random_state=4))
    found = record_of(Entrant("x", BASELINE, model.fit(data.x_train, data.y_train)))
    assert (found.sort, found.seed, found.entropies) == ("LogisticRegression", 4, ())
    assert " at 0x" not in found.settings


def test_of_a_quantum_model(comparison) -> None:
    model = comparison.quantum
    found = record_of(Entrant("x", QUANTUM, model))
    assert (found.n, found.shots, found.device, found.form) == (4, 2000, "FakeManilaV2", "Overlap")
    assert found.placement is not None
    assert quantum_record(model, placed=False).placement is None
    assert record_of(Entrant("x", QUANTUM, replace(model, device="aer"))).placement is None
    for kept, compiled in zip(found.compiled, model.compiled, strict=True):
        assert kept.qasm == compiled.qasm()
        assert kept.circuit == from_qasm3(kept.qasm)
        assert (kept.fidelity, kept.floor) == (compiled.fidelity, compiled.floor)
        assert len(kept.sha256) == 64
    assert replace(found.compiled[0], qasm="").sha256 == ""


def test_names_of_devices() -> None:
    assert device_name("aer") == "aer"
    assert device_name(qtn.Device("FakeAlgiers", engine="tensor")) == "FakeAlgiers"
    assert device_name(qtn.TensorSampler()) == "TensorSampler"


def test_a_device_that_no_longer_takes_the_circuit_has_no_layout(comparison) -> None:
    model = replace(comparison.quantum, device="FakeManilaV2")
    wide = replace(model.compiled[0], circuit=QuantumCircuit(6))
    found = quantum_record(replace(model, compiled=(wide, *model.compiled[1:])))
    assert found.compiled[0].qubits == 6
