from __future__ import annotations

import itertools
import time

import numpy as np
import oracles
import pytest

from qtn.errors import ArgumentError
from qtn.models.explain import information
from qtn.states import MPS
from qtn.states.origin import Trained


def random_state(n: int, bond: int, phys: int = 2, real: bool = False) -> MPS:
    rng = np.random.default_rng(n)
    return MPS(tuple(oracles.random_chain(rng, n, bond, real=real, phys=phys))).normalised()


def dense_tensor(state: MPS) -> np.ndarray:
    """Axis i = site i."""
    vector = oracles.dense_chain(state.tensors)
    return vector.reshape(state.phys[::-1]).transpose(range(state.n)[::-1])


def entropy(p: np.ndarray) -> float:
    p = p[p > 1e-15]
    return float(-(p * np.log(p)).sum())


def reduced(tensor: np.ndarray, sites: list[int]) -> np.ndarray:
    rest = [i for i in range(tensor.ndim) if i not in sites]
    m = tensor.transpose(sites + rest).reshape(int(np.prod([tensor.shape[i] for i in sites])), -1)
    return m @ m.conj().T


@pytest.mark.parametrize(("n", "phys"), [(12, 2), (5, 3)])
@pytest.mark.parametrize("kind", ["quantum", "classical"])
def test_mutual_information_equals_brute_force(n: int, phys: int, kind: str) -> None:
    state = random_state(n, 4, phys)
    tensor = dense_tensor(state)

    def s(sites: list[int]) -> float:
        rho = reduced(tensor, sites)
        p = np.linalg.eigvalsh(rho) if kind == "quantum" else np.diag(rho).real
        return entropy(p)

    got = information.mutual_information(state, kind)
    for i, j in itertools.combinations(range(n), 2):
        wanted = s([i]) + s([j]) - s([i, j])
        assert got[i, j] == pytest.approx(wanted, abs=1e-10)
        assert got[j, i] == got[i, j]
    assert np.diag(got) == pytest.approx([s([i]) for i in range(n)], abs=1e-10)


def test_mixed_levels() -> None:
    rng = np.random.default_rng(2)
    shapes = [(1, 2, 3), (3, 4, 3), (3, 2, 2), (2, 3, 1)]
    state = MPS(tuple(rng.normal(size=s) for s in shapes)).normalised()
    got = information.mutual_information(state)
    tensor = dense_tensor(state)
    s = lambda sites: entropy(np.linalg.eigvalsh(reduced(tensor, sites)))  # noqa: E731
    assert got[0, 3] == pytest.approx(s([0]) + s([3]) - s([0, 3]), abs=1e-10)
    assert got[1, 2] == pytest.approx(s([1]) + s([2]) - s([1, 2]), abs=1e-10)


def test_sixty_four_sites_in_about_a_second() -> None:
    state = random_state(64, 16, real=True)
    start = time.process_time()
    information.mutual_information(state)
    assert time.process_time() - start < 10  # some margin for a busy machine; see bench-learn


def test_marginals_and_entropies() -> None:
    state = random_state(6, 3)
    tensor = dense_tensor(state)
    for i, p in enumerate(information.marginals(state)):
        assert p == pytest.approx(np.diag(reduced(tensor, [i])).real)
    wanted = [entropy(np.linalg.eigvalsh(reduced(tensor, [i]))) for i in range(6)]
    assert information.site_entropies(state) == pytest.approx(wanted)
    cuts = [entropy(np.linalg.eigvalsh(reduced(tensor, list(range(c))))) for c in range(1, 6)]
    assert information.cut_entropies(state) == pytest.approx(cuts)


def test_conditionals_and_anomaly_score() -> None:
    state = random_state(5, 3)
    p = np.abs(dense_tensor(state)) ** 2
    rows = np.array(list(itertools.product((0, 1), repeat=5)))[::3]
    found = information.anomaly(state, rows)
    assert repr(found).startswith(f"Anomaly({len(rows)} rows of 5 features, highest score ")
    assert found.score == pytest.approx([-np.log(p[tuple(r)]) for r in rows])
    parts = information.conditionals(state, rows)
    for k, row in enumerate(rows):
        for i in range(5):
            index: list = list(row)
            index[i] = slice(None)
            wanted = p[tuple(index)] / p[tuple(index)].sum()
            assert parts[i][k] == pytest.approx(wanted)
            assert found.surprise[k, i] == pytest.approx(-np.log(wanted[row[i]]))
    causes = found.causes(0, 2)
    assert causes[0][1] >= causes[1][1]
    assert causes[0][0] == found.surprise[0].argmax()


def test_bad_arguments_are_refused() -> None:
    state = random_state(3, 2)
    with pytest.raises(ArgumentError, match="`kind` must be one of 'quantum', 'classical'"):
        information.mutual_information(state, "total")
    for rows in ([[0, 1]], [[0, 1, 2]], [[0.5, 0, 0]]):
        with pytest.raises(ArgumentError, match=r"`rows` must be integers of shape \(rows, 3\)"):
            information.anomaly(state, np.array(rows))


def test_features_come_in_the_order_of_the_columns() -> None:
    rng = np.random.default_rng(5)
    shapes = [(1, 2, 3), (3, 2, 3), (3, 2, 3), (3, 2, 1)]
    plain = MPS(tuple(rng.normal(size=s) for s in shapes)).normalised()
    columns = (2, 0, 3, 1)
    moved = MPS(plain.tensors, origin=Trained(columns))
    site = np.argsort(columns)
    found, sites = information.mutual_information(moved), information.mutual_information(plain)
    assert np.allclose(found, sites[np.ix_(site, site)])
    for a, b in zip(
        information.marginals(moved), np.array(information.marginals(plain))[site], strict=True
    ):
        assert np.allclose(a, b)
    rows = rng.integers(0, 2, (5, 4))
    by_site = rows[:, columns]
    assert np.allclose(
        information.anomaly(moved, rows).score, information.anomaly(plain, by_site).score
    )
    assert np.allclose(
        information.anomaly(moved, rows).surprise,
        information.anomaly(plain, by_site).surprise[:, site],
    )
    assert np.allclose(
        information.conditionals(moved, rows),
        np.array(information.conditionals(plain, by_site))[site],
    )
