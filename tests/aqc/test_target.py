import numpy as np
import pytest
import torch
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtn.aqc import target as module
from qtn.aqc.target import as_chain, as_target, check_memory, free_memory
from qtn.errors import ArgumentError
from qtn.models import MPSClassifier
from qtn.states import MPS, TTN
from qtn.states.origin import Prepared

GHZ = np.array([1, 0, 0, 0, 0, 0, 0, 1]) / np.sqrt(2)
COPY = np.zeros((2, 2, 2))
COPY[0, 0, 0] = COPY[1, 1, 1] = 1.0
TREE = TTN((COPY, np.eye(2)[:, :, None] / np.sqrt(2)), ((0, 2), (3, 1)))


class Model:
    def state(self):
        return MPS.from_dense(GHZ)


def circuit():
    out = QuantumCircuit(3)
    out.h(0)
    out.cx(0, 2)
    out.cx(2, 1)
    return out


@pytest.mark.parametrize(
    "given",
    [
        GHZ,
        list(GHZ),
        torch.tensor(GHZ),
        Statevector(GHZ),
        MPS.from_dense(GHZ),
        MPS.from_dense(GHZ).to_quimb(),
        TREE,
        Model(),
        circuit(),
    ],
    ids=["array", "list", "tensor", "vector", "mps", "quimb", "tree", "model", "circuit"],
)
def test_every_kind_is_read(given):
    state = as_target(given)
    chain = as_chain(state) if isinstance(state, TTN) else state
    assert chain.fidelity(MPS.from_dense(GHZ)) == pytest.approx(1.0, abs=1e-12)


def test_states_with_real_amplitudes_become_real():
    assert as_target(GHZ.astype(complex)).dtype == np.float64


def test_origin_is_kept():
    prepared = Prepared((0,), np.eye(4)[None])
    state = MPS(MPS.from_dense(GHZ).tensors, origin=prepared)
    assert as_target(state).origin is prepared


def fitted():
    rows = np.random.default_rng(0).random((8, 3))
    return MPSClassifier(2, epochs=1).fit(rows, np.arange(8) % 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (2 * GHZ, r"must have norm 1, but has 2\. Divide the amplitudes"),
        (MPS.product([[3.0, 0.0]] * 2), r"must have norm 1, but has 9\. Give state.normalised"),
        (np.array([1.0, np.nan]), "finite numbers"),
        (np.ones(3) / np.sqrt(3), r"2\^n amplitudes, but holds 3"),
        (fitted(), r"`label` must be one of 0, 1, but is None.*model.state\(label="),
        (MPS.product([[1.0, 0.0, 0.0]] * 2), r"physical dimension 2.*has \[3\].*embed_in_qubits"),
        (np.ones(1), r"2\^n amplitudes, but holds 1"),
        ("ghz", "an MPS, a TTN, a fitted model, a QuantumCircuit"),
        (np.zeros(4), "norm 1, but has 0"),
    ],
)
def test_bad_targets(given, message):
    with pytest.raises(ArgumentError, match=message):
        as_target(given)


def test_memory_needed_and_free_are_named(monkeypatch):
    assert free_memory() > 0
    monkeypatch.setattr(module, "free_memory", lambda: 2.0**30)
    with pytest.raises(ArgumentError, match=r"needs about 4 GiB, but 1 GiB are free"):
        check_memory(2.0**32, "Compiling this target")
