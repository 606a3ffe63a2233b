"""A user's program over the main form of every door, which strict type checkers must pass.

It is read by mypy in `tests/contracts/test_typing.py`, never run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import qtn


def learn() -> qtn.QuantumClassifier:
    data: qtn.Dataset = qtn.load_digits(size=2, classes=(0, 1), seed=0)
    model = qtn.MPSClassifier(bond=4, seed=0).fit(data.x_train, data.y_train)
    tree = qtn.TTNClassifier(bond=4).fit(data.x_train, data.y_train)
    accuracy: float = model.score(data.x_test, data.y_test) + tree.score(data.x_test, data.y_test)
    print(accuracy, model.predict(data.x_test).shape)
    quantum: qtn.QuantumClassifier = qtn.deploy(
        model, qtn.Staircase(layers=1), device="aer", mitigation=[qtn.Readout()]
    )
    scores: np.ndarray = quantum.scores(data.x_test).value
    print(scores.shape)
    refined: qtn.QuantumClassifier = quantum.refine(data.x_train, data.y_train)
    found = qtn.robustness({"refined": refined}, data.x_test, data.y_test, noise=[0.0, 0.01])
    table: qtn.Comparison = qtn.compare(
        model, [quantum, refined], data.x_test, data.y_test, robustness=found
    )
    value: float = table["classical"].accuracy.value
    page: Path = table.save("report.html")
    print(table, value, page)
    return refined


def regress(x: np.ndarray, y: np.ndarray) -> float:
    line = qtn.MPSRegressor(bond=2).fit(x, y)
    quantum: qtn.QuantumRegressor = qtn.deploy(line)
    density = qtn.MPSBornMachine(bond=2).fit(x)
    sampler: qtn.QuantumBornMachine = qtn.deploy(density, device="tensor")
    errors: np.ndarray = quantum.values(x).stderr
    return float(errors.max() + sampler.probabilities(x).value.max())


def compile_and_verify(state: qtn.MPS) -> qtn.Compiled:
    short = qtn.compile(state, qtn.Auto(), min_fidelity=0.9, seed=0)
    fidelity: float = short.fidelity
    floor: float = short.floor
    count: int = short.two_qubit_gates
    circuit: QuantumCircuit = short.circuit
    check: qtn.Check = qtn.verify(circuit, state)
    print(fidelity, floor, count, check.low, check.why)
    if check.fidelity is not None:
        certain: float = check.fidelity
        print(certain)
    return short


def run_and_mitigate(short: qtn.Compiled) -> float:
    result = qtn.run(short.circuit, "ZZ", device="FakeManilaV2", shots=1000, seed=0)
    plain: float = result.values[0].value
    counts: dict[str, int] = qtn.run(short.circuit).counts()
    plan = qtn.run(short.circuit, dry_run=True)
    estimate = qtn.mitigate(
        short, SparsePauliOp("ZZ"), [qtn.Readout(), qtn.ZNE()], device="FakeManilaV2"
    )
    value: float = estimate.value
    error: float = estimate.stderr
    low, high = estimate.interval()
    inside: bool = low <= value <= high
    several = qtn.mitigate(short, ["ZZ", "XX"], device="FakeManilaV2")
    first: float = several[0].scalar
    one: qtn.Estimate[float] = qtn.Estimate(0.5, 0.1)
    any_sort: qtn.Estimate = qtn.Estimate(np.zeros(2), np.zeros(2))
    print(counts, plan, inside, any_sort.shape, one.value)
    return plain + value + error + first + float(estimate)


def physics() -> qtn.MPS:
    model = qtn.chain("tfim", 8)
    ground = qtn.ground_state(model, max_bond=8)
    later = qtn.evolve(model, "neel", 1.0)
    entropies: np.ndarray = later.entropies()
    step: qtn.MPO = qtn.propagator(model, 0.1)
    print(ground, entropies.max(), step)
    return later


def problems() -> None:
    matrix: np.ndarray = qtn.kernel_matrix(np.zeros((2, 2))).value
    ansatz: qtn.VQE = qtn.vqe(qtn.chain("tfim", 4), qtn.NetworkAnsatz(2))
    energy: float = ansatz.energy
    neural: qtn.NeuralState = qtn.neural_ground_state(qtn.chain("heisenberg", 4))
    lowest: float = neural.energy.value
    print(matrix, energy, lowest)


def keep(short: qtn.Compiled) -> None:
    path: Path = qtn.save(short, "short.qtn")
    again: qtn.Compiled = qtn.load(path)
    try:
        qtn.run(again.circuit, device="aer", shots=0)
    except qtn.ArgumentError as error:
        print(error)
