"""Every door and engine gives the same value for the same question, or refuses.

Hypothesis draws a circuit and observables (`draws`), every door that can answer is asked, and the
answer is held against an oracle apart from the package. A door may refuse with a `QtnError` only
where it says so in `must_answer`; any other exception is a failure. What once failed is an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
import quimb.tensor as qtensor
import torch
from draws import Drawn, Spec, draw_of, gates_of, outcomes_of, specs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
from qiskit.quantum_info import (
    Operator,
    Pauli,
    PauliList,
    SparseObservable,
    SparsePauliOp,
    Statevector,
)
from qiskit_aer import AerSimulator

import qtn
from qtn.devices.tensor.primitives import TensorEstimator

SHOTS = 1000
EXACT = 1e-8
Values = list[tuple[float, float]]
"""Value and tolerance of every observable."""


def sampled(values: Any, errors: Any, weights: list[float], shots: int = SHOTS) -> Values:
    """Five standard errors, and Bernstein's term for outcomes too rare to show in them."""
    return [
        (float(v), 5.0 * float(e) + 12.0 * w / shots + EXACT)
        for v, e, w in zip(np.ravel(values), np.ravel(errors), weights, strict=True)
    ]


def by_verify(method: str) -> Callable[[Drawn, int], Values]:
    def ask(drawn: Drawn, seed: int) -> Values:
        check = qtn.verify(drawn.circuit, observables=drawn.observables, method=method)
        return [(float(v.value), float(v.stderr) + EXACT) for v in check.values]

    return ask


def by_run(device: Callable[[int], Any]) -> Callable[[Drawn, int], Values]:
    def ask(drawn: Drawn, seed: int) -> Values:
        found = qtn.run(
            drawn.circuit,
            drawn.observables,
            device=device(seed),
            shots=SHOTS,
            seed=seed,
            ledger=False,
            progress=False,
        ).values[0]
        return sampled(found.value, found.stderr, drawn.weights)

    return ask


def by_mitigate(techniques: Iterable[Any]) -> Callable[[Drawn, int], Values]:
    def ask(drawn: Drawn, seed: int) -> Values:
        found = qtn.mitigate(
            drawn.circuit,
            drawn.observables,
            list(techniques),
            device="aer",
            shots=SHOTS,
            seed=seed,
            progress=False,
        )
        parts = found if isinstance(found, list | tuple) else [found]
        values = np.concatenate([np.ravel(p.value) for p in parts])
        errors = np.concatenate([np.ravel(p.stderr) for p in parts])
        return sampled(values, errors, drawn.weights)

    return ask


def by_estimator(drawn: Drawn, seed: int) -> Values:
    observables: Any = drawn.observables
    if isinstance(observables, tuple):
        observables = list(observables)
    data = TensorEstimator().run([(drawn.circuit, observables)]).result()[0].data
    return [(float(v), EXACT) for v in np.ravel(data.evs)]


def by_pennylane(drawn: Drawn, seed: int) -> Values:
    """The same gates as matrices on the device `qtn.mps`."""
    qml = pytest.importorskip("pennylane")
    n = drawn.circuit.num_qubits

    def word(letters: dict[int, str]) -> Any:
        factors = [getattr(qml, f"Pauli{x}")(q) for q, x in sorted(letters.items())]
        return qml.prod(*factors) if len(factors) > 1 else [*factors, qml.Identity(0)][0]

    def observable(terms: Any) -> Any:
        parts = [qml.s_prod(c, word(letters)) for c, letters in terms]
        return qml.sum(*parts) if len(parts) > 1 else parts[0]

    asked = [observable(terms) for terms in drawn.terms]

    @qml.qnode(qml.device("qtn.mps", wires=n))
    def circuit() -> Any:
        for qubits, matrix in gates_of(drawn.circuit):
            if qubits:
                qml.QubitUnitary(matrix, wires=qubits[::-1])  # PennyLane: first wire leads
        return [qml.expval(found) for found in asked]

    return [(float(v), EXACT) for v in circuit()]


DOORS: dict[str, Callable[[Drawn, int], Values]] = {
    **{f"verify {m}": by_verify(m)
       for m in ("auto", "both", "chain", "quimb", "cone", "contraction")},
    "run aer": by_run(lambda _: "aer"),
    "run tensor": by_run(lambda _: "tensor"),
    "run backend": by_run(lambda _: AerSimulator()),
    "run sampler": by_run(lambda seed: StatevectorSampler(seed=seed)),
    "run estimator": by_run(lambda seed: StatevectorEstimator(seed=seed)),
    "mitigate": by_mitigate([]),
    "mitigate readout": by_mitigate([qtn.Readout()]),
    "estimator": by_estimator,
    "pennylane": by_pennylane,
}  # fmt: skip
SLOW_ENGINES = ("run sampler", "run estimator", "pennylane")
"""Dense simulators of Qiskit and loops of PennyLane: small circuits only."""


def can_ask(door: str, spec: Spec) -> bool:
    """Whether the question makes sense at a door and costs little."""
    if door in SLOW_ENGINES and spec.n > 6:
        return False
    if door == "pennylane":
        return spec.unitary and not spec.measured and spec.form != "projectors"
    return True


def must_answer(door: str, spec: Spec) -> bool:
    """Whether a refusal is a failure: what the docstring of the door accepts."""
    if door.startswith("verify"):
        return spec.unitary
    if door == "run aer":
        return not spec.measured
    if door in ("mitigate", "run tensor"):
        return spec.unitary and not spec.measured
    if door == "estimator":
        return spec.unitary and not spec.measured
    return door == "pennylane"


def agree(spec: Spec, doors: Iterable[str]) -> None:
    """Ask doors and hold every answer against the oracle."""
    drawn = draw_of(spec)
    before = drawn.circuit.copy()
    for door in doors:
        if not can_ask(door, spec):
            continue
        try:
            found = DOORS[door](drawn, spec.seed)
        except qtn.QtnError as error:
            if must_answer(door, spec):
                raise AssertionError(f"{door} refuses {spec}: {error}") from error
            continue
        assert len(found) == len(drawn.exact), f"{door} gives {len(found)} values for {spec}"
        for (value, tolerance), exact in zip(found, drawn.exact, strict=True):
            assert abs(value - exact) <= tolerance, (
                f"{door} gives {value} ± {tolerance}, true is {exact}, for {spec}"
            )
        assert drawn.circuit == before, f"{door} changes the circuit of {spec}"


DEVICES: dict[str, Callable[[int], Any]] = {
    "aer": lambda _: "aer",
    "tensor": lambda _: "tensor",
    "backend": lambda _: AerSimulator(),
    "sampler": lambda seed: StatevectorSampler(seed=seed),
    "tensor sampler": lambda seed: qtn.TensorSampler(seed=seed),
}


def counts_agree(spec: Spec, device: str) -> None:
    """Counts have the frequencies of the exact distribution, bit by bit as Qiskit prints them."""
    circuit, chances = outcomes_of(spec)
    try:
        found = qtn.run(
            circuit, device=DEVICES[device](spec.seed), shots=SHOTS, seed=spec.seed, ledger=False,
            progress=False,
        ).counts()  # fmt: skip
    except qtn.QtnError as error:
        if spec.unitary or device in ("aer", "backend"):
            raise AssertionError(f"{device} refuses {spec}: {error}") from error
        return
    assert sum(found.values()) == SHOTS
    counts = {key.replace(" ", ""): count for key, count in found.items()}
    for key in counts.keys() | chances.keys():
        chance = chances.get(key, 0.0)
        off = abs(counts.get(key, 0) / SHOTS - chance)
        allowed = (
            5.0 * np.sqrt(chance * max(0.0, 1 - chance) / SHOTS) + 12.0 * (chance > 1e-12) / SHOTS
        )
        assert off <= allowed, f"{device}: {key} is off by {off} from {chance} for {spec}"


FAILED = [
    # identities have no network to contract
    Spec("fermion", 3, 1, "unused", "labels", 570030),
    Spec("dense", 3, 9, "measured", "sparse", 179447),
    # a reset drawn once for all shots by Qiskit's state-vector primitives
    Spec("resets", 4, 1, "several", "tuple", 235892),
    Spec("resets", 3, 1, "unused", "list", 310002),
    # an estimator that adds noise and states none
    Spec("clifford", 3, 2, "unused", "projectors", 942651),
    # evolutions that are one thing as a matrix and another as a circuit
    Spec("dense", 2, 12, "split", "list", 165286),
    Spec("dense", 5, 6, "partly", "projectors", 619502),
    # circuits without gates, gates on three and more qubits, values truncated by 1e-7
    Spec("clifford", 10, 0, "split", "projectors", 325000),
    Spec("dense", 5, 11, "alias", "labels", 1003152),
    Spec("fermion", 9, 3, "empty", "tuple", 475308),
]
"""Draws that once failed."""


def drawn_doors() -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(sorted(DOORS)), min_size=4, max_size=4, unique=True)


@pytest.mark.parametrize("spec", FAILED, ids=str)
def test_what_once_failed_agrees_at_every_door(spec: Spec) -> None:
    agree(spec, DOORS)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(specs(), drawn_doors())
def test_doors_agree(spec: Spec, doors: list[str]) -> None:
    agree(spec, doors)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(specs(kinds=("dense", "resets")), st.sampled_from(sorted(DEVICES)))
def test_counts_agree(spec: Spec, device: str) -> None:
    counts_agree(spec, device)


@pytest.mark.slow
@settings(max_examples=5000, derandomize=False, suppress_health_check=list(HealthCheck))
@given(specs(kinds=("dense", "resets")), st.sampled_from(sorted(DEVICES)))
def test_counts_agree_on_long_runs(spec: Spec, device: str) -> None:
    counts_agree(spec, device)


@pytest.mark.slow
@settings(max_examples=20_000, derandomize=False, suppress_health_check=list(HealthCheck))
@given(specs(), drawn_doors())
def test_doors_agree_on_long_runs(spec: Spec, doors: list[str]) -> None:
    agree(spec, doors)


def bell() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


BELL = Statevector(bell()).data


class Model:
    """What a fitted model offers."""

    def state(self) -> qtn.MPS:
        return qtn.MPS.from_dense(BELL)


CIRCUITS: dict[str, Any] = {
    "circuit": bell(),
    "compiled": qtn.compile(BELL, seed=0, progress=False),
    "transpiled": qtn.transpile_for(bell(), "aer"),
    "qasm 2": qasm2.dumps(bell()),
    "qasm 3": qasm3.dumps(bell()),
}
NO_CIRCUITS: dict[str, Any] = {
    "name": "bell",
    "number": 3,
    "bad text": "OPENQASM 3.0; gate;",
    "operator": Operator(bell()),
}
ZZ: dict[str, Any] = {
    "label": "ZZ",
    "pauli": Pauli("ZZ"),
    "operator": SparsePauliOp("ZZ"),
    "sparse": SparseObservable("ZZ"),
    "mapping": {"ZZ": 1.0},
    "mapping of pauli": {Pauli("ZZ"): 1},
    "list": ["ZZ"],
    "tuple": (SparsePauliOp("ZZ"),),
    "paulis": PauliList(["ZZ"]),
    "list of mappings": [{"ZZ": 1.0}],
}
NO_OBSERVABLES: dict[str, Any] = {
    "letters": "QQ",
    "number": 1.0,
    "matrix": Operator(np.eye(4)),
    "wide": "ZZZ",
    "not hermitian": SparsePauliOp("ZZ", 1j),
    "empty list": [],
    "empty mapping": {},
    "no number": {"ZZ": "1"},
}
TARGETS: dict[str, Any] = {
    **CIRCUITS,
    "mps": qtn.MPS.from_dense(BELL),
    "quimb": qtensor.MatrixProductState.from_dense(BELL, dims=[2, 2]),
    "amplitudes": BELL,
    "list": BELL.tolist(),
    "statevector": Statevector(BELL),
    "torch": torch.tensor(BELL),
    "model": Model(),
}
NO_TARGETS: dict[str, Any] = {
    "name": "bell",
    "number": 3,
    "unnormalised": [1, 0, 0, 1],
    "hamiltonian": SparsePauliOp("ZZ"),
    "three": [1, 0, 0],
}
QUIET = {"shots": 50, "seed": 0}
CIRCUIT_DOORS: dict[str, Callable[[Any], Any]] = {
    "run": lambda c: qtn.run(c, "ZZ", **QUIET).values[0].value,
    "mitigate": lambda c: qtn.mitigate(c, "ZZ", device="aer", progress=False, **QUIET).value,
    "verify": lambda c: qtn.verify(c, observables="ZZ").values[0].value,
    "compile": lambda c: 2 * qtn.compile(c, seed=0, progress=False).fidelity - 1,
    "compress": lambda c: 2 * qtn.aqc.compress(c, seed=0, progress=False)[1].fidelity - 1,
    "transpile_for": lambda c: 2 * qtn.verify(qtn.transpile_for(c, "aer"), BELL).fidelity - 1,
    "target": lambda c: 2 * qtn.verify(bell(), c).fidelity - 1,
}
"""Each gives 1 for a Bell circuit."""
OBSERVABLE_DOORS: dict[str, Callable[[Any], Any]] = {
    "run": lambda o: qtn.run(bell(), o, **QUIET).values[0].value,
    "mitigate": lambda o: qtn.mitigate(bell(), o, device="aer", progress=False, **QUIET).value,
    "verify": lambda o: qtn.verify(bell(), observables=o).values[0].value,
    "plan": lambda o: len(qtn.mitigation.plan(bell(), o, device="aer", **QUIET).observables),
}
TARGET_DOORS: dict[str, Callable[[Any], Any]] = {
    "compile": lambda t: qtn.compile(t, seed=0, progress=False).fidelity,
    "verify": lambda t: qtn.verify(bell(), t).fidelity,
    "counts": lambda t: qtn.verify({"00": 50, "11": 50}, t).fidelity,
}


@pytest.mark.parametrize("door", CIRCUIT_DOORS)
def test_every_door_takes_every_form_of_circuit(door: str) -> None:
    for name, form in CIRCUITS.items():
        assert np.ravel(CIRCUIT_DOORS[door](form)) == pytest.approx(1.0, abs=1e-6), name
    for name, form in NO_CIRCUITS.items():
        if door in ("compile", "target") and name == "operator":
            continue  # an operator may be meant as a state: advice of its own
        with pytest.raises(qtn.ArgumentError, match=r"QuantumCircuit|is text, but no circuit"):
            CIRCUIT_DOORS[door](form)


@pytest.mark.parametrize("door", OBSERVABLE_DOORS)
def test_every_door_takes_every_form_of_observable(door: str) -> None:
    for name, form in ZZ.items():
        assert np.ravel(OBSERVABLE_DOORS[door](form)) == pytest.approx(1.0, abs=1e-9), name


@pytest.mark.parametrize("name", NO_OBSERVABLES)
def test_every_door_refuses_the_same_observables_in_the_same_words(name: str) -> None:
    texts = set()
    for ask in OBSERVABLE_DOORS.values():
        with pytest.raises(qtn.ArgumentError) as refused:
            ask(NO_OBSERVABLES[name])
        texts.add(str(refused.value).replace("`observables`", "`observable`"))
    assert len(texts) == 1


@pytest.mark.parametrize("door", TARGET_DOORS)
def test_every_door_takes_every_form_of_target(door: str) -> None:
    for name, form in TARGETS.items():
        assert TARGET_DOORS[door](form) == pytest.approx(1.0, abs=1e-6), name


@pytest.mark.parametrize("name", NO_TARGETS)
def test_every_door_refuses_the_same_targets_in_the_same_words(name: str) -> None:
    texts = set()
    for ask in TARGET_DOORS.values():
        with pytest.raises(qtn.ArgumentError) as refused:
            ask(NO_TARGETS[name])
        texts.add(str(refused.value))
    assert len(texts) == 1
