"""Exact contraction of circuits on a grid: dense truth, slices, executors, refusals."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import brickwork
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector

from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.states.closed_networks import plan_contraction
from qtn.verification import Limits, amplitudes, verify
from qtn.verification.engines.contraction import amplitude_network, overlap_network, value_network
from qtn.verification.inputs import observable_terms


def grid(rows: int, columns: int, depth: int, seed: int = 0) -> QuantumCircuit:
    """Random one-qubit layers and CZ along the four directions of a grid in turn."""
    rng = np.random.default_rng(seed)
    out = QuantumCircuit(rows * columns)
    for layer in range(depth):
        for q in range(out.num_qubits):
            out.u(*rng.uniform(0, 6, 3), q)
        for r in range(rows):
            for c in range(columns):
                here, right, down = r * columns + c, r * columns + c + 1, (r + 1) * columns + c
                if layer % 4 < 2 and c % 2 == layer % 4 and c + 1 < columns:
                    out.cz(here, right)
                if layer % 4 >= 2 and r % 2 == layer % 4 - 2 and r + 1 < rows:
                    out.cz(here, down)
    return out


@settings(max_examples=10)
@given(st.integers(2, 7), st.integers(1, 5), st.integers(0, 2**31), st.booleans())
def test_all_networks_match_dense(n: int, depth: int, seed: int, su4: bool) -> None:
    rng = np.random.default_rng(seed)
    circuit = brickwork(n, depth, seed, su4=su4)
    gates, vector = gate_list(circuit), Statevector(circuit)
    label = "".join(rng.choice(list("IXYZ01+-rl"), n))
    (terms,) = observable_terms(label, n)
    operator = SparsePauliOp.from_sparse_observable(SparseObservable.from_label(label))
    limits = Limits()
    for product in terms:
        if product.factors:
            found = plan_contraction(value_network(gates, product), limits).evaluate()
            exact = vector.expectation_value(operator)
            assert product.coefficient * found == pytest.approx(exact, abs=1e-11)
    target = MPS.from_dense(Statevector(brickwork(n, depth, seed + 1)).data)
    found = plan_contraction(overlap_network(gates, target), limits).evaluate()
    assert found == pytest.approx(np.vdot(target.to_dense(), vector.data), abs=1e-11)
    bits = rng.integers(0, 2, (3, n))
    index = bits @ (1 << np.arange(n))
    values = amplitudes(circuit, bits, method="contraction").value
    assert np.abs(values - vector.data[index]).max() < 1e-11


def test_a_wide_cone_on_a_grid_is_exact_and_says_so() -> None:
    circuit = grid(4, 4, 6)
    label = "IIIIIZIIIIXIIIII"
    exact = Statevector(circuit).expectation_value(SparsePauliOp(label)).real
    # A chain of bond 8 cannot hold it, and cones are out of reach within the time allowed.
    limits = Limits(max_bond=8, seconds=0.5)
    check = verify(circuit, observables=[label], limits=limits)
    assert check.method in ("contraction", "cone")
    alone = verify(circuit, observables=[label], method="contraction")
    assert alone.method == "contraction"
    assert alone.rigorous
    assert "without truncation" in alone.why
    assert alone.values[0].value == pytest.approx(exact, abs=1e-10)
    assert abs(alone.values[0].value - exact) <= alone.values[0].stderr


def test_twenty_seven_qubits_are_contracted_and_agree_with_a_chain() -> None:
    circuit = grid(9, 3, 4)
    label = "Z" * 27
    check = verify(circuit, observables=[label], limits=Limits(max_bond=4))
    assert check.method == "contraction"
    assert check.rigorous
    both = verify(circuit, observables=[label], method="both", limits=Limits(max_bond=512))
    assert check.values[0].value == pytest.approx(both.values[0].value, abs=1e-9)


def test_fidelity_with_a_target_on_a_grid() -> None:
    circuit, other = grid(3, 4, 4), grid(3, 4, 4, seed=1)
    target = Statevector(other).data
    exact = abs(np.vdot(target, Statevector(circuit).data)) ** 2
    check = verify(circuit, target, method="contraction")
    assert check.low <= exact <= check.high
    assert check.high - check.low < 1e-9


@pytest.mark.parametrize("executor", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_slices_on_an_executor_give_the_same_bits(executor: type) -> None:
    circuit = grid(4, 5, 10)
    (terms,) = observable_terms("I" * 9 + "Z" + "I" * 10, 20)
    network = value_network(gate_list(circuit), terms[0])
    whole = plan_contraction(network, Limits(), search=False)
    plan = plan_contraction(network, Limits(memory=16 * 4 * 2.0**12), search=False)
    assert whole.slices == 1
    assert plan.slices > 4
    assert plan.memory < whole.memory
    here = plan.evaluate()
    options = {"mp_context": get_context("spawn")} if executor is ProcessPoolExecutor else {}
    with executor(2, **options) as pool:
        assert plan.evaluate(pool) == here
    assert here == pytest.approx(whole.evaluate(), abs=1e-12)


def test_both_engines_and_the_wrong_one() -> None:
    circuit = grid(4, 4, 4)
    label = "".join("Z" if k in (0, 3, 5, 10, 12, 15) else "I" for k in range(16))
    limits = Limits(max_bond=256)
    plain = verify(circuit, observables=[label], method="contraction", limits=limits)
    chain = verify(circuit, observables=[label], method="quimb", limits=limits)
    assert plain.values[0].value == pytest.approx(chain.values[0].value, abs=1e-9)


def test_refusals_name_the_cost() -> None:
    circuit = grid(8, 8, 24)
    label = "".join("Z" if k % 9 == 0 else "I" for k in range(64))
    with pytest.raises(VerificationError, match=r"contraction would take about .* s and .* GB"):
        verify(circuit, observables=[label], method="contraction", limits=Limits(seconds=1.0))
    with pytest.raises(VerificationError, match=r"contraction would take about"):
        amplitudes(circuit, np.zeros((1, 64), int), method="contraction", limits=Limits(seconds=1))


def test_diagonal_gates_add_no_index() -> None:
    circuit = QuantumCircuit(2)
    circuit.rzz(0.3, 0, 1)
    network, places = amplitude_network(gate_list(circuit))
    assert len(network.sizes) == 2
    assert [network.inputs[k] for k in places] == [(0,), (1,)]
