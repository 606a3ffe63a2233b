"""Every technique, alone and in pairs, on inputs at the edge: a finite value, or a clear error."""

from __future__ import annotations

import functools
import itertools
import warnings
from typing import Any

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qtn.devices import transpile_for
from qtn.errors import QtnError
from qtn.interop.observables import parse_observables
from qtn.mitigation import (
    PEA,
    PEC,
    TEM,
    ZNE,
    DynamicalDecoupling,
    PauliNoise,
    PostSelection,
    Readout,
    Twins,
    TwinZNE,
    Twirl,
    mitigate,
)
from qtn.mitigation.values.ideal import ideal_values
from qtn.mitigation.values.pauli_noise import gates_of

N = 3
UNCORRECTED = 0.25  # what gates and readout of the device do to a value that nothing corrects
CORRECTED = 0.02  # what a whole pipeline may leave


def ghz() -> QuantumCircuit:
    circuit = QuantumCircuit(N)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    return circuit


def emptied() -> QuantumCircuit:
    circuit = ghz()
    circuit.compose(ghz().inverse(), inplace=True)
    return circuit


def one_gate() -> QuantumCircuit:
    circuit = QuantumCircuit(N)
    circuit.x(0)
    circuit.cx(0, 1)
    return circuit


def clifford() -> QuantumCircuit:
    circuit = ghz()
    for qubit, gate in enumerate(("s", "h", "sx")):
        getattr(circuit, gate)(qubit)
    circuit.cx(2, 1)
    circuit.cx(1, 0)
    return circuit


CIRCUITS = {"ghz": ghz, "emptied": emptied, "one gate": one_gate, "clifford": clifford}
OBSERVABLES: dict[str, Any] = {
    "pair of Z": "IZZ",
    "string of X": "XXX",
    "zero": "YII",
    "identity": SparsePauliOp("III", 0.5),
    "projector": {"000": 1.0},
    "list": ["ZZI", SparsePauliOp("III"), {"IIZ": 0.5, "XXX": 0.25}],
}


@functools.cache
def techniques(circuit: str, device: str) -> dict[str, Any]:
    """One technique of every kind, small enough for a test."""
    native = transpile_for(CIRCUITS[circuit](), device)
    model = PauliNoise({key: np.full(15, 5e-4) for key in gates_of(native.circuit)})
    return {
        "readout": Readout(),
        "twirled readout": Readout(method="twirled", copies=2),
        "correlated readout": Readout(method="correlated"),
        "subspace readout": Readout(method="subspace"),
        "zne": ZNE(),
        "zne, two factors": ZNE((1, 3), by="term"),
        "zne, adaptive": ZNE((1, 3), split="adaptive"),
        "poly-exponential": ZNE(fit="poly-exponential"),
        "richardson": ZNE(fit="richardson"),
        "twin zne": TwinZNE(twins=4),
        "twirl": Twirl(2),
        "decoupling": DynamicalDecoupling(),
        "pec": PEC(model, copies=8),
        "pea": PEA(model, (1, 2), copies=4),
        "tem": TEM(model, strings=12),
        "twins": Twins(circuits=2),
        "post-selection": PostSelection(parity="III"),
    }


NAMES = tuple(techniques("ghz", "FakePerth"))


def exact(circuit: QuantumCircuit, observable: Any) -> np.ndarray:
    """Exact values, one per observable."""
    parts = parse_observables(observable, N)
    native = transpile_for(circuit, "aer")
    values = ideal_values(native, parts[0].terms)
    return np.array([o.constant + o.coefficients @ values for o in parts])


def check(
    circuit: str, observable: str, chosen: Any, *, shots: int = 400, device: Any = "FakePerth",
    bias: float = UNCORRECTED, refused: bool = True,
) -> None:  # fmt: skip
    """A finite value with its error near the exact one, or a QtnError; nothing else."""
    given = OBSERVABLES[observable]
    failure: QtnError | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            found = mitigate(
                CIRCUITS[circuit](), given, chosen, device=device, shots=shots, progress=False
            )
        except QtnError as error:
            failure = error
    if failure is not None:
        assert refused, failure
        assert len(str(failure)) > 40  # says what, and the way out
        return
    value, stderr = np.atleast_1d(found.value), np.atleast_1d(found.stderr)
    assert np.isfinite(value).all()
    assert np.isfinite(stderr).all()
    truth = exact(CIRCUITS[circuit](), given)
    constant = (stderr == 0) & (value == truth)
    assert (constant | (stderr > 0)).all()
    assert (np.abs(value - truth) <= 5 * stderr + bias * ~constant).all(), (circuit, observable)


def technique(name: str, circuit: str, device: str = "FakePerth") -> Any:
    """The technique of this name; "nothing" is an empty list."""
    return "auto" if name == "auto" else techniques(circuit, device).get(name, [])


def covering(start: int) -> list[tuple[str, str]]:
    """Every circuit and every observable at least once, in combinations that `start` shifts."""
    circuits, observables = list(CIRCUITS), list(OBSERVABLES)
    return [(circuits[(k + start) % len(circuits)], o) for k, o in enumerate(observables)]


@pytest.mark.parametrize("name", [*NAMES, "auto", "nothing"])
def test_every_technique_gives_a_value_or_says_why_not(name):
    for circuit, observable in covering(len(name)):
        check(circuit, observable, technique(name, circuit))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NAMES, "auto", "nothing"])
def test_every_technique_on_every_circuit_and_observable(name):
    for circuit, observable in itertools.product(CIRCUITS, OBSERVABLES):
        check(circuit, observable, technique(name, circuit))


@pytest.mark.slow
@pytest.mark.parametrize("pair", list(itertools.combinations(NAMES, 2)), ids=" and ".join)
def test_every_pair_of_techniques(pair):
    for circuit, observable in covering(len(pair[0]) + len(pair[1])):
        check(circuit, observable, [technique(name, circuit) for name in pair])


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_whole_pipelines_are_right_on_clifford_circuits(circuit):
    readout = Readout(method="twirled", copies=2)
    for chosen, observable in itertools.product(
        ([readout, TwinZNE(twins=4)], [Readout(), ZNE()], "auto"),
        ("string of X", "zero", "list"),
    ):
        check(circuit, observable, chosen, shots=4000, bias=CORRECTED, refused=False)


@pytest.mark.parametrize("shots", [1, 4, 20])
def test_tiny_shots_are_finite_or_refused(shots):
    for name in ("readout", "zne", "twin zne", "twins", "pec", "tem", "twirled readout", "auto"):
        check("ghz", "pair of Z", technique(name, "ghz"), shots=shots)


@pytest.mark.parametrize("name", ["nothing", "zne", "zne, two factors", "richardson", "twin zne"])
def test_a_readout_that_always_flips_is_inverted_under_every_extrapolation(name):
    device = chain(N, gate=0.01, readout=(1.0, 1.0))
    for readout in (Readout(), Readout(method="twirled", copies=2)):
        noise = technique(name, "ghz")
        for circuit, observable in (("ghz", "pair of Z"), ("one gate", "list")):
            chosen = [readout, *([noise] if noise else [])]
            bias = UNCORRECTED if name == "nothing" else CORRECTED
            check(circuit, observable, chosen, shots=2000, device=device, bias=bias, refused=False)
