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
from draws import Drawn, Spec, draw_of, gates_of, outcomes_of, specs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qiskit.primitives import StatevectorEstimator, StatevectorSampler
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
    own = spec.form in ("operator", "sparse", "list", "projectors")
    if door.startswith("verify"):
        return spec.unitary and (own or spec.form in ("label", "labels"))
    if door == "run aer":
        return not spec.measured and own
    if door == "mitigate":
        return spec.unitary and not spec.measured and spec.form not in ("labels", "tuple")
    if door == "run tensor":
        return spec.unitary and not spec.measured and own
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
