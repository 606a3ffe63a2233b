"""Loading from end to end: states, their errors, circuits, refusals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

import qtn
from qtn.errors import ArgumentError, VerificationError


@pytest.mark.parametrize("name", ["norm", "lognorm(.5)", "levy", "arcsine", "cauchy", "uniform"])
def test_the_amplitude_of_cell_j_has_the_index_j(name: str) -> None:
    loaded = qtn.load_distribution(name, 10, tolerance=1e-5)
    frozen = stats.uniform() if name == "uniform" else None
    low, high = loaded.domains[0]
    x = low + (high - low) * (np.arange(1024) + 0.5) / 1024
    family = getattr(stats, name.partition("(")[0])
    frozen = family(0.5) if "(" in name else family()
    exact = np.sqrt(frozen.pdf(x))
    exact /= np.linalg.norm(exact)
    distance = np.linalg.norm(loaded.state.to_dense() - exact)
    assert distance < 1e-5
    # The estimate of the distance is one: right to a few tenths.
    assert loaded.error <= 1e-5
    assert distance < 2 * loaded.error + 1e-9


def test_a_circuit_of_a_hundred_qubits() -> None:
    loaded = qtn.load_distribution("norm", 100)
    short = qtn.compile(loaded.state, qtn.Auto(infidelity=1e-3))
    assert short.infidelity <= 1e-3
    assert short.two_qubit_gates <= 25
    assert short.provenance["product sites"] > 70


def test_counts_follow_the_density() -> None:
    loaded = qtn.load_distribution("expon", 8)
    short = qtn.compile(loaded.state, qtn.Auto(infidelity=1e-8))
    counts = qtn.run(short.circuit, shots=20_000, seed=1).counts()
    bits = np.array([[int(b) for b in key[::-1]] for key in counts])
    (x,) = loaded.places(bits)
    weights = np.array(list(counts.values()))
    low, high = loaded.domains[0]
    mean = stats.expon.expect(lambda v: v, lb=low, ub=high, conditional=True)
    assert abs(np.average(x, weights=weights) - mean) < 5 * 1.0 / np.sqrt(20_000)


def test_two_variables() -> None:
    loaded = qtn.load_function(
        lambda x, y: np.exp(-x * x + x * y - y * y), (4, 5), (-2, 2), tolerance=1e-5
    )
    assert repr(loaded).startswith("Loaded(lambda, 4 + 5 qubits, bond ")
    bits = loaded.state.sample(4000, seed=0)
    x, y = loaded.places(bits)
    assert 0.2 < np.corrcoef(x, y)[0, 1] < 0.6
    assert loaded.plot().get_title() == "lambda"
    assert "2-norm" in loaded._repr_html_()
    assert "probability" in qtn.load_payoff("put", 6, strike=1, domain=(0, 2)).plot().get_ylabel()


def test_many_variables_on_a_hundred_qubits() -> None:
    def chain(*x: np.ndarray) -> np.ndarray:
        total = x[0] ** 2 + sum((b - 0.5 * a) ** 2 for a, b in pairwise(x))
        return np.exp(-total / 3)

    loaded = qtn.load_function(chain, [20] * 5, (-4, 4), tolerance=1e-2)
    assert loaded.state.n == 100
    assert loaded.state.max_bond < 24
    with pytest.raises(ArgumentError, match="one or two variables"):
        loaded.plot()


def test_bad_input() -> None:
    with pytest.raises(ArgumentError, match="`function`"):
        qtn.load_function(3, 4, (0, 1))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="a pair low < high"):
        qtn.load_function(np.exp, 4, (1, 0))
    with pytest.raises(ArgumentError, match="2 numbers, but the domain has 3"):
        qtn.load_function(np.exp, [4, 4], [(0, 1)] * 3)
    with pytest.raises(ArgumentError, match="`tolerance`"):
        qtn.load_function(np.exp, 4, (0, 1), tolerance=0)
    with pytest.raises(ArgumentError, match="`qubits`"):
        qtn.load_distribution("norm", 0)
    with pytest.raises(ArgumentError, match="zeros and ones"):
        qtn.load_distribution("norm", 4).places(np.full((2, 4), 2))


def test_a_state_that_misses_the_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtn.applications.loading.door._distance", lambda *_: 0.5)
    with pytest.raises(VerificationError, match=r"5.00e-01 away from the function"):
        qtn.load_function(np.exp, 4, (0, 1))
