"""An engine written by someone else is one class in one file: here, inside the test."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp, Statevector

import qtn
from qtn.devices import Device, Engine, Pub, Values


class Dense(Engine):
    """Samples the state vector."""

    batch = 3

    def __init__(self) -> None:
        super().__init__("dense")

    def sample(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[BitArray], str]:
        rng = np.random.default_rng(seed)
        found = []
        for pub in pubs:
            rows = [()] if pub.values is None else list(pub.values)
            drawn = [self._bits(pub.circuit.assign_parameters(row), shots, rng) for row in rows]
            bits = np.array(drawn[0] if pub.values is None else drawn)
            found.append(BitArray.from_bool_array(bits, order="little"))
        return found, "dense: a state vector"

    @staticmethod
    def _bits(circuit: QuantumCircuit, shots: int, rng: np.random.Generator) -> np.ndarray:
        bare = circuit.remove_final_measurements(inplace=False)
        weights = np.abs(Statevector(bare).data) ** 2
        drawn = rng.choice(len(weights), size=shots, p=weights / weights.sum())
        return (drawn[:, None] >> np.arange(circuit.num_qubits)) & 1 == 1


class Exact(Engine):
    """Gives exact expectation values with the error that was asked for."""

    gives_values = True

    def __init__(self) -> None:
        super().__init__("exact")

    def values(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[list[Values], str]:
        found = []
        for pub in pubs:
            state = Statevector(pub.circuit)
            value = np.array([state.expectation_value(o).real for o in pub.observables or ()])
            found.append(Values(value, np.full(len(value), shots**-0.5), "exact"))
        return found, "exact: a state vector"


def rotated() -> tuple[QuantumCircuit, np.ndarray]:
    from qiskit.circuit import Parameter

    circuit = QuantumCircuit(3)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 2)
    return circuit, np.linspace(0.1, 2.9, 7)[:, None]


def test_an_engine_is_small() -> None:
    assert max(len(inspect.getsource(c).splitlines()) for c in (Dense, Exact)) <= 40


def test_counts_and_values_come_through_the_door() -> None:
    circuit, values = rotated()
    result = qtn.run((circuit, values), SparsePauliOp("ZIZ"), device=Dense(), shots=400, seed=1)
    assert np.array_equal(result.values[0].value, np.ones(7))
    one = qtn.run((circuit, values), SparsePauliOp("IIZ"), device=Dense(), shots=4000, seed=1)
    assert np.allclose(one.values[0].value, np.cos(values[:, 0]), atol=5 / np.sqrt(4000))
    assert (one.device, one.engine) == ("dense", "dense: a state vector")
    flip = QuantumCircuit(2)
    flip.x(0)
    assert qtn.run(flip, device=Device(Dense()), shots=10).counts() == {"01": 10}


def test_values_of_its_own() -> None:
    circuit, values = rotated()
    bound = circuit.assign_parameters(values[2])
    result = qtn.run(bound, SparsePauliOp(["IIZ", "XIX"], [1.0, 0.5]), device=Exact(), shots=100)
    exact = np.cos(values[2, 0]) + 0.5 * np.sin(values[2, 0])
    assert result.values[0].value == pytest.approx(exact)
    assert result.values[0].stderr == pytest.approx(0.1)
    with pytest.raises(qtn.ArgumentError, match=r"exact is an estimator and gives no counts"):
        qtn.run(bound, device=Exact())


def test_executor_ledger_budget_and_plan(tmp_path: Path) -> None:
    circuit, values = rotated()
    plain = qtn.run((circuit, values), device=Dense(), shots=50, seed=3)
    with ThreadPoolExecutor(2) as pool:
        spread = qtn.run((circuit, values), device=Dense(), shots=50, seed=3, executor=pool)
    kept = qtn.run((circuit, values), device=Dense(), shots=50, seed=3, ledger=tmp_path)
    again = qtn.run((circuit, values), device=Dense(), shots=50, seed=3, ledger=tmp_path)
    for other in (spread, kept, again):
        assert np.array_equal(plain.bits[0].array, other.bits[0].array)
    assert len(qtn.jobs(tmp_path)) == 1
    plan = qtn.run((circuit, values), device=Dense(), shots=50, dry_run=True)
    assert (plan.shots, plan.jobs, plan.seconds) == (350, 3, None)
    with pytest.raises(qtn.BudgetError, match="350 shots"):
        qtn.run((circuit, values), device=Dense(), shots=50, budget=qtn.Budget(shots=349))


def test_mitigation_takes_it_too() -> None:
    circuit, values = rotated()
    bound = circuit.assign_parameters(values[1])
    value = qtn.mitigate(bound, "IIZ", [qtn.Readout()], device=Dense(), shots=2000, seed=0)
    assert abs(value.value - np.cos(values[1, 0])) < 5 * max(value.stderr, 1 / np.sqrt(2000))


def test_an_engine_that_gives_nothing_is_refused() -> None:
    class Idle(Engine):
        pass

    class Mute(Engine):
        gives_values = True

    with pytest.raises(qtn.ArgumentError, match=r"Idle .* but defines no `sample`"):
        Idle("idle")
    with pytest.raises(qtn.ArgumentError, match=r"Mute .* but defines no `values`"):
        Mute("mute")
