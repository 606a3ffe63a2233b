"""States of quimb of every class: the same amplitudes, or advice."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import quimb as qu
import quimb.tensor as qtensor

from qtn.errors import ArgumentError
from qtn.states import MPS

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:cotengra")


def amplitudes(state: MPS) -> np.ndarray:
    """Return the amplitudes with the first site most significant, as quimb counts."""
    return state.to_dense().reshape(state.phys[::-1]).transpose().reshape(-1)


def lazy_circuit(kind: Any, n: int = 5) -> Any:
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        circuit = kind(n)
    for _ in range(12):
        first, second = (int(q) for q in rng.choice(n, 2, replace=False))
        circuit.apply_gate("RY", float(rng.normal()), first)
        circuit.apply_gate("CNOT", first, second)
        circuit.apply_gate("U3", *rng.normal(size=3), second)
    return circuit


def gated() -> Any:
    state = qtensor.MPS_rand_state(6, 3, seed=1)
    return state.gate(qu.rand_uni(4, seed=2), (1, 4), contract=False)


STATES = {
    "open": lambda: qtensor.MPS_rand_state(7, 5, seed=2, dtype=complex),
    "one": lambda: qtensor.MPS_rand_state(1, 5, seed=2),
    "qutrits": lambda: qtensor.MPS_rand_state(4, 3, phys_dim=3, seed=2),
    "bra": lambda: qtensor.MPS_rand_state(4, 3, dtype=complex, seed=1).H,
    "cyclic": lambda: qtensor.MPS_rand_state(6, 3, cyclic=True, seed=2),
    "cyclic of three": lambda: qtensor.MPS_rand_state(3, 3, cyclic=True, seed=2),
    "lattice": lambda: qtensor.PEPS.rand(2, 3, 2, seed=1),
    "cube": lambda: qtensor.PEPS3D.rand(2, 2, 2, 2, seed=1),
    "tree": lambda: qtensor.TN_rand_tree(8, 3, 2, seed=1),
    "graph": lambda: qtensor.TN_rand_reg(6, 3, 2, phys_dim=2, seed=1),
    "mera": lambda: qtensor.MERA.rand(8),
    "copy": lambda: qtensor.MPS_COPY(4),
    "gated": gated,
}


@pytest.mark.parametrize("name", STATES)
def test_states_keep_their_amplitudes(name: str) -> None:
    source = STATES[name]()
    want = np.asarray(source.to_dense()).reshape(-1)
    found = MPS.from_quimb(source)
    assert np.allclose(amplitudes(found), want, atol=1e-12 * np.linalg.norm(want))
    assert found.max_bond <= max(found.phys) ** (found.n // 2)


@pytest.mark.parametrize("name", ["Circuit", "CircuitMPS", "CircuitPermMPS", "CircuitDense"])
def test_circuits_and_their_states(name: str) -> None:
    circuit = lazy_circuit(getattr(qtensor, name))
    want = np.asarray(lazy_circuit(qtensor.Circuit).to_dense()).reshape(-1)
    for source in (circuit, circuit.psi):
        assert np.allclose(amplitudes(MPS.from_quimb(source)), want, atol=1e-12)


def test_a_lazy_circuit_starts_from_its_own_state() -> None:
    start = qtensor.MPS_product_state([[0.6, 0.8], [1.0, 0.0], [0.8, -0.6]])
    for first in (start, qtensor.MPS_rand_state(3, 2, seed=1)):
        circuit = qtensor.Circuit(psi0=first)
        circuit.cnot(0, 2)
        circuit.apply_gate("X", 1, controls=[0])
        want = np.asarray(circuit.to_dense()).reshape(-1)
        assert np.allclose(amplitudes(MPS.from_quimb(circuit)), want, atol=1e-12)


def test_a_wide_lazy_circuit_is_replayed() -> None:
    circuit = qtensor.Circuit(60)
    for _ in range(2):
        for site in range(59):
            circuit.ry(0.3 + 0.01 * site, site)
            circuit.cnot(site, site + 1)
    chain = qtensor.CircuitMPS(60, cutoff=1e-14)
    chain.apply_gates(circuit.gates)
    found = MPS.from_quimb(circuit)
    assert found.fidelity(MPS.from_quimb(chain)) == pytest.approx(1.0, abs=1e-10)


def test_norm_exponent_and_long_chains() -> None:
    state = qtensor.MPS_rand_state(10, 4, seed=1)
    state.exponent = 3.0
    assert MPS.from_quimb(state).norm() == pytest.approx(1000.0)
    state.exponent = 400.0  # 10⁴⁰⁰ is no floating-point number
    assert MPS.from_quimb(state).log_norm() == pytest.approx(400 * np.log(10))
    long = qtensor.MPS_rand_state(1000, 3, seed=1)
    for tensor in long:
        tensor.modify(data=10 * tensor.data)
    assert MPS.from_quimb(long).log_norm() == pytest.approx(1000 * np.log(10))


def test_arrays_of_torch_that_record() -> None:
    torch = pytest.importorskip("torch")
    state = qtensor.MPS_rand_state(5, 3, seed=1)
    want = MPS.from_quimb(state)
    state.apply_to_arrays(lambda a: torch.tensor(a, requires_grad=True))
    assert MPS.from_quimb(state).fidelity(want) == pytest.approx(1.0)


def test_the_source_is_not_changed() -> None:
    state = qtensor.MPS_rand_state(5, 3, cyclic=True, seed=1)
    before = [t.data.copy() for t in state]
    inds = [t.inds for t in state]
    MPS.from_quimb(state)
    assert all(np.array_equal(a, t.data) for a, t in zip(before, state))
    assert inds == [t.inds for t in state]


def test_kets_count_as_quimb_counts() -> None:
    state = qtensor.MPS_rand_state(4, 3, seed=1, dtype=complex)
    ket = qu.qarray(state.to_dense())
    assert MPS.from_quimb(ket).fidelity(MPS.from_quimb(state)) == pytest.approx(1.0)
    assert np.allclose(amplitudes(MPS.from_quimb(ket)), np.asarray(ket).reshape(-1))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda: qtensor.MPO_rand(4, 3), r"MatrixProductOperator .* an operator.*operator.apply"),
        (lambda: qtensor.PEPO.rand(2, 2, 2), r"PEPO of quimb is an operator"),
        (lambda: qtensor.rand_tensor((2, 3), "ab"), r"which open index is which site.*view_as"),
        (lambda: gated().view_as(qtensor.TensorNetwork), r"TensorNetwork of quimb .*view_as"),
        (lambda: qtensor.DMRG2(qtensor.MPO_ham_heis(4)), r"is no state.*dmrg.state"),
        (lambda: qtensor.MPS_rand_state(6, 3).isel({"k2": 0}), r"one open index .* in \['k2'\]"),
        (lambda: qtensor.PEPS.rand(6, 6, 4, seed=1), r"too many bonds.*Compress it in quimb"),
        (lambda: qu.rand_ket(4).H, r"shape \(1, 4\) is a bra. Give its ket: bra.H"),
        (lambda: qu.rand_rho(4), r"shape \(4, 4\) is a matrix, not a ket"),
        (lambda: qu.rand_ket(3), r"3 amplitudes is no state of qubits"),
    ],
)
def test_what_is_no_state_gets_advice(source: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        MPS.from_quimb(source())
