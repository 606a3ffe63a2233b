"""The client-side estimator of qiskit-ibm-runtime mitigates offline: an independent reference."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.devices import transpile_for
from qtn.mitigation import ZNE, Readout, ShotBudget, TwinZNE, mitigate

pytest.importorskip("qiskit_ibm_runtime.executor_estimator")
N = 3
ENERGY = SparsePauliOp.from_sparse_list(
    [("ZZ", [i, i + 1], -1 / N) for i in range(N - 1)] + [("X", [i], -1 / N) for i in range(N)], N
)


def circuit() -> QuantumCircuit:
    c = QuantumCircuit(N)
    for _ in range(3):
        for i in range(N - 1):
            c.rzz(-0.5, i, i + 1)
        for i in range(N):
            c.rx(-0.4, i)
    return c


EXACT = Statevector(circuit()).expectation_value(ENERGY).real


def reference(level: int) -> tuple[float, float]:
    """Value and error of IBM's estimator at a resilience level, on the circuit that we run."""
    from qiskit_ibm_runtime.executor_estimator import Estimator
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    native = transpile_for(circuit(), "FakeManilaV2")
    observable = ENERGY.apply_layout(list(native.qubits), native.circuit.num_qubits)
    estimator = Estimator(mode=FakeManilaV2())
    estimator.options.resilience_level = level
    estimator.options.default_precision = 0.008
    estimator.options.simulator.seed_simulator = 7
    data = estimator.run([(native.circuit, observable)]).result()[0].data
    return float(data.evs), float(data.stds)


def ours(techniques: list, draws: int = 1) -> tuple[float, float]:
    """Mean of our values over draws of shots, and its error."""
    native = transpile_for(circuit(), "FakeManilaV2")
    found = [
        mitigate(
            native, ENERGY, techniques, device="FakeManilaV2", seed=seed,
            shots=ShotBudget(20_000, calibration=0.16), progress=False,
        )
        for seed in range(draws)
    ]  # fmt: skip
    error = np.linalg.norm([estimate.stderr for estimate in found]) / draws
    return float(np.mean([estimate.value for estimate in found])), float(error)


@pytest.mark.parametrize(
    ("level", "techniques"), [(0, []), (1, [Readout(method="twirled")])], ids=["raw", "readout"]
)
def test_same_values_as_the_reference_where_the_method_is_the_same(level, techniques):
    (theirs, their_error), (mine, my_error) = reference(level), ours(techniques)
    assert abs(mine - theirs) < 4 * np.hypot(my_error, their_error)


def test_extrapolated_values_are_nearer_to_the_truth_than_the_reference_without():
    theirs, their_error = reference(2)
    for technique in (ZNE((1, 3, 5), fit="mixture", by="basis"), TwinZNE()):
        # One draw of 20,000 shots scatters by .015, about what separates the two.
        mine, my_error = ours([Readout(method="twirled"), technique], draws=4)
        assert abs(mine - EXACT) < abs(reference(1)[0] - EXACT)
        # the reference leaves a bias of its own, hence the allowance
        assert abs(mine - theirs) < 4 * np.hypot(my_error, their_error) + 0.02
