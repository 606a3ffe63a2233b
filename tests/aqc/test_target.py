import numpy as np
import pytest
import torch
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtn.aqc import target as module
from qtn.aqc.target import as_chain, as_target, check_memory, embed_in_qubits, free_memory
from qtn.errors import ArgumentError
from qtn.states import MPS, TTN
from qtn.states.origin import Prepared

GHZ = np.array([1, 0, 0, 0, 0, 0, 0, 1]) / np.sqrt(2)
COPY = np.zeros((2, 2, 2))
COPY[0, 0, 0] = COPY[1, 1, 1] = 1.0
TREE = TTN((COPY, np.eye(2)[:, :, None] / np.sqrt(2)), ((0, 2), (3, 1)))


class Model:
    def state(self):
        return MPS.from_dense(GHZ)


class Classifier:
    classes_ = (0, 1)

    def state(self, label):
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


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (2 * GHZ, r"must have norm 1, but has 2\. Divide the amplitudes"),
        (MPS.product([[3.0, 0.0]] * 2), r"must have norm 1, but has 9\. Give state.normalised"),
        (np.array([1.0, np.nan]), "finite numbers"),
        (np.ones(3) / np.sqrt(3), r"2\^n amplitudes, but holds 3"),
        (Classifier(), r"classifier with classes \[0, 1\].*model.state\(label="),
        (MPS.product([[1.0, 0.0, 0.0]] * 2), r"physical dimension 2.*has \[3\].*embed_in_qubits"),
        (np.ones(1), r"2\^n amplitudes, but holds 1"),
        ("ghz", "an MPS, a TTN, a fitted model, a QuantumCircuit"),
        (np.zeros(4), "norm 1, but has 0"),
    ],
)
def test_bad_targets(given, message):
    with pytest.raises(ArgumentError, match=message):
        as_target(given)


def test_embedding_keeps_the_amplitudes():
    rng = np.random.default_rng(0)
    state = MPS(tuple(rng.normal(size=s) for s in ((1, 3, 2), (2, 2, 4), (4, 5, 1))))
    qubits = embed_in_qubits(state)
    assert qubits.phys == (2,) * 6
    for digits in ((0, 0, 0), (2, 1, 4), (1, 0, 3)):
        bits = [*_bits(digits[0], 2), digits[1], *_bits(digits[2], 3)]
        assert qubits.amplitudes(np.array([bits]))[0] == pytest.approx(
            state.amplitudes(np.array([digits]))[0]
        )


def _bits(value, count):
    return [(value >> (count - 1 - i)) & 1 for i in range(count)]


def test_embedding_a_tree_keeps_the_amplitudes():
    rng = np.random.default_rng(3)
    pairs = ((2, 0), (4, 3), (1, 5))
    shapes = [(5, 3, 4), (4, 1, 3), (2, 3, 1)]
    state = TTN(tuple(rng.normal(size=s) for s in shapes), pairs).normalised()
    qubits = embed_in_qubits(state)
    assert qubits.phys == (2,) * 7  # 2, 1, 3 and 1 qubits
    levels = np.array(np.unravel_index(np.arange(30), (3, 2, 5, 1))).T
    bits = [[a >> 1, a & 1, b, c >> 2, c >> 1 & 1, c & 1, d] for a, b, c, d in levels.tolist()]
    assert np.allclose(qubits.amplitudes(np.array(bits)), state.amplitudes(levels))
    assert qubits.norm() == pytest.approx(1.0)
    with pytest.raises(ArgumentError, match=r"has \[1, 2, 3, 5\].*embed_in_qubits"):
        as_target(state)


def test_memory_needed_and_free_are_named(monkeypatch):
    assert free_memory() > 0
    monkeypatch.setattr(module, "free_memory", lambda: 2.0**30)
    with pytest.raises(ArgumentError, match=r"needs about 4 GiB, but 1 GiB are free"):
        check_memory(2.0**32, "Compiling this target")
