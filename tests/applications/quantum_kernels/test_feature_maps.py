"""Every map: its kernel is that of its own circuit, by every method."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from qtn.applications.quantum_kernels import EvolutionMap, FeatureMap, IQPMap, RotationMap, ZZMap
from qtn.applications.quantum_kernels.door import exact_kernel
from qtn.applications.quantum_kernels.feature_maps import MAPS, read_map
from qtn.errors import ArgumentError

EACH = [
    RotationMap(),
    ZZMap(),
    ZZMap(repeats=1, bandwidth=0.4),
    IQPMap(),
    IQPMap(pairs="all", repeats=1),
    EvolutionMap(),
]
MORE = [
    RotationMap(bandwidth=0.2),
    ZZMap(pairs="all", repeats=1),
    IQPMap(repeats=1),
    IQPMap(repeats=3, bandwidth=0.7),
    EvolutionMap(steps=3, time=0.5, seed=4),
]
CASES = [(known, n) for known in EACH + MORE for n in (1, 2, 10)] + [(known, 16) for known in EACH]


def by_circuit(known: FeatureMap, x: np.ndarray) -> np.ndarray:
    circuit = known.circuit(x.shape[1])
    states = np.array([Statevector(circuit.assign_parameters(row)).data for row in x])
    return np.abs(states.conj() @ states.T) ** 2


@pytest.mark.parametrize(("known", "features"), CASES, ids=repr)
def test_kernels_are_those_of_qiskits_state_vectors(known: FeatureMap, features: int) -> None:
    x = np.random.default_rng(features).uniform(-1, 1, (2, features))
    expected = by_circuit(known, x)
    methods = ["tensor"] if features == 16 else ["auto", "tensor"]
    methods = methods if known.has_chain or features <= 2 else ["auto"]
    for method in methods:
        found = exact_kernel(x, None, known, method)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(exact_kernel(x[:1], x, known, method), expected[:1], atol=1e-12)


def test_the_evolution_starts_where_its_seed_says() -> None:
    x = np.array([[0.3, 0.1], [0.2, 0.9]])
    one, other = (exact_kernel(x, None, EvolutionMap(seed=s)) for s in (0, 1))
    assert abs(one - other).max() > 1e-3
    assert EvolutionMap().qubits(5) == EvolutionMap().circuit(5).num_qubits == 6


def test_names() -> None:
    for name, kind in MAPS.items():
        assert read_map(name) == kind()
        assert read_map(kind(), 0.3).bandwidth == 0.3
        assert kind().circuit(3).num_parameters == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: read_map("zzz"), 'Give "rotations", "zz", "iqp", "evolution", or a FeatureMap'),
        (lambda: read_map(3), "`feature_map` must be a feature map"),
        (lambda: EvolutionMap(steps=0), "`steps`"),
        (lambda: EvolutionMap(time=-1.0), "`time`"),
        (lambda: EvolutionMap(seed=-1), "`seed`"),
    ],
)
def test_bad_input(make: object, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()
