"""Sums of product operators against dense truth."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.states import MPS
from qtn.states.kernels.expectation import product_sum
from qtn.states.kernels.gauge import canonicalise

LABELS = st.lists(st.text("IIIXYZ", min_size=6, max_size=6), min_size=1, max_size=12)


def factors(label: str) -> dict[int, np.ndarray]:
    return {i: oracles.PAULI[x] for i, x in enumerate(reversed(label)) if x != "I"}


@given(LABELS, st.integers(0, 2**31), st.sampled_from([None, 0, 2, 5]))
def test_random_pauli_strings(labels: list[str], seed: int, center: int | None) -> None:
    chain = oracles.random_chain(np.random.default_rng(seed), 6, 4)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    given_chain = chain if center is None else canonicalise(chain, center)
    found = product_sum(given_chain, [factors(x) for x in labels], center=center)
    expected = [np.vdot(vector, oracles.pauli_matrix(x) @ vector) for x in labels]
    assert np.abs(found - expected).max() < 1e-10


@given(
    st.lists(st.text("IIXYYZ", min_size=7, max_size=7), min_size=20, max_size=60),
    st.integers(0, 2**31), st.integers(0, 6), st.booleans(), st.booleans(),
)  # fmt: skip
def test_many_strings_of_every_weight_at_once(
    labels: list[str], seed: int, center: int, real: bool, full: bool
) -> None:
    """Bulk sets share environments and room; half of them end far from where they begin."""
    rng = np.random.default_rng(seed)
    chain = oracles.random_chain(rng, 7, 4, real=real)
    ends = "".join if full else (lambda x: x[0] + "I" * 5 + x[-1])
    labels = [ends(list(x)) for x in labels]
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    found = product_sum(canonicalise(chain, center), [factors(x) for x in labels], center=center)
    expected = [np.vdot(vector, oracles.pauli_matrix(x) @ vector) for x in labels]
    assert np.abs(found - expected).max() < 1e-10


@pytest.mark.parametrize("center", range(8))
@pytest.mark.parametrize("real", [True, False])
def test_all_pairs_of_y(center: int, real: bool) -> None:
    chain = oracles.random_chain(np.random.default_rng(center), 8, 4, real=real)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    pairs = [(i, j) for i in range(8) for j in range(i + 1, 8)]
    y = oracles.PAULI["Y"]
    at_once = [{i: y, j: y} for i, j in pairs]
    expected = [
        np.vdot(vector, oracles.apply_gate(oracles.apply_gate(vector, y, [i]), y, [j]))
        for i, j in pairs
    ]
    moved = canonicalise(chain, center)
    assert np.abs(product_sum(moved, at_once, center=center) - expected).max() < 1e-11
    alone = [product_sum(moved, [operator], center=center)[0] for operator in at_once]
    assert np.abs(np.array(alone) - expected).max() < 1e-11


def test_a_pair_with_identities_between_far_from_the_centre() -> None:
    """(|00⟩ + |11⟩)/√2 on sites 1 and 4 of 6: ⟨YY⟩ = -1, ⟨XX⟩ = ⟨ZZ⟩ = 1."""
    vector = np.zeros(64)
    vector[[0, 0b010010]] = np.sqrt(0.5)
    chain = MPS.from_dense(vector).tensors
    for center in range(6):
        moved = canonicalise(chain, center)
        for letter, value in (("Y", -1.0), ("X", 1.0), ("Z", 1.0)):
            operator = {1: oracles.PAULI[letter], 4: oracles.PAULI[letter]}
            found = product_sum(moved, [operator], center=center)[0]
            assert found == pytest.approx(value, abs=1e-12)


@given(st.integers(0, 2**31), st.integers(0, 4), st.booleans())
def test_factors_of_every_symmetry_in_bulk(seed: int, center: int, real: bool) -> None:
    rng = np.random.default_rng(seed)
    chain = oracles.random_chain(rng, 5, 3, real=real)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    a = rng.normal(size=(2, 2))
    b = a + 1j * rng.normal(size=(2, 2))
    pool = [a, a + a.T, a - a.T, b, b + b.conj().T, b - b.conj().T, np.diag([1.0, 1j]), np.eye(2)]
    operators = [
        {int(i): pool[rng.integers(len(pool))] for i in rng.choice(5, rng.integers(5), False)}
        for _ in range(25)
    ]
    expected = []
    for operator in operators:
        moved = vector.astype(complex)
        for site, matrix in operator.items():
            moved = oracles.apply_gate(moved, matrix, [site])
        expected.append(np.vdot(vector, moved))
    found = product_sum(canonicalise(chain, center), operators, center=center)
    assert np.abs(found - expected).max() < 1e-9 * max(1.0, np.abs(expected).max())


def test_factors_made_on_the_way() -> None:
    """A mapping that makes its matrices when asked: none may be taken for an earlier one."""

    class Lazy(dict[int, str]):
        def items(self):  # type: ignore[no-untyped-def,override]
            return ((site, oracles.PAULI[x].copy()) for site, x in super().items())

        def values(self):  # type: ignore[no-untyped-def,override]
            return (matrix for _, matrix in self.items())

    chain = oracles.random_chain(np.random.default_rng(4), 6, 4)
    words = ["XYZ", "ZZX", "YYX", "XZY"]
    operators = [Lazy(enumerate(word, start=1)) for word in words]
    plain = [{i: oracles.PAULI[x] for i, x in enumerate(word, start=1)} for word in words]
    assert np.abs(product_sum(chain, operators) - product_sum(chain, plain)).max() < 1e-12


def test_real_chain_stays_real() -> None:
    chain = oracles.random_chain(np.random.default_rng(0), 5, 3, real=True)
    z = np.diag([1.0, -1.0])
    assert product_sum(chain, [{1: z}, {1: z, 3: z}]).dtype == np.float64


def test_real_chain_with_imaginary_and_complex_factors() -> None:
    chain = oracles.random_chain(np.random.default_rng(5), 5, 3, real=True)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    y, lower = oracles.PAULI["Y"], np.array([[0, 1 + 2j], [0.5, 0]])
    for operator in ({1: y, 2: y}, {0: y}, {1: y, 3: lower}, {2: lower, 4: y}):
        turned = vector
        for site, matrix in operator.items():
            turned = oracles.apply_gate(turned, matrix, [site])
        found = product_sum(chain, [operator])[0]
        assert found == pytest.approx(np.vdot(vector, turned), abs=1e-12)


@given(st.integers(0, 2**31), st.integers(0, 3), st.sampled_from(["real", "complex"]))
def test_sites_of_several_dimensions(seed: int, center: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    phys, bonds = (3, 2, 4, 1), (1, 3, 5, 2, 1)
    chain = [rng.normal(size=(bonds[i], phys[i], bonds[i + 1])) for i in range(4)]
    if kind == "complex":
        chain = [t + 1j * rng.normal(size=t.shape) for t in chain]
    psi = np.einsum("aib,bjc,ckd,dle->ijkl", *chain)
    psi = psi / np.linalg.norm(psi)
    a, b, c = (rng.normal(size=(d, d)) for d in (3, 2, 4))
    c[rng.random(c.shape) < 0.5] = 0.0
    operators = [{0: a, 1: b}, {0: a, 2: c}, {1: b, 2: c}, {0: a, 1: b, 2: c}, {2: c}, {}]
    wanted = [
        np.einsum(
            "ijkl,ix,jy,kz,xyzl",
            psi.conj(), o.get(0, np.eye(3)), o.get(1, np.eye(2)), o.get(2, np.eye(4)), psi,
        )
        for o in operators
    ]  # fmt: skip
    found = product_sum(canonicalise(chain, center), operators, center=center)
    assert np.abs(found - wanted).max() < 1e-11


def test_zero_factor() -> None:
    chain = oracles.random_chain(np.random.default_rng(2), 4, 3)
    assert product_sum(chain, [{1: np.zeros((2, 2)), 2: np.eye(2)}])[0] == 0.0


def test_non_hermitian_factors() -> None:
    chain = oracles.random_chain(np.random.default_rng(3), 3, 3)
    vector = oracles.dense_chain(chain)
    vector /= np.linalg.norm(vector)
    lower = np.array([[0, 1], [0, 0]], dtype=complex)
    expected = np.vdot(vector, oracles.apply_gate(vector, lower, [1]))
    assert product_sum(chain, [{1: lower}])[0] == pytest.approx(expected, abs=1e-12)


def test_errors() -> None:
    chain = oracles.random_chain(np.random.default_rng(0), 3, 2)
    with pytest.raises(ArgumentError, match="on sites 0 to 2"):
        product_sum(chain, [{3: np.eye(2)}])
    with pytest.raises(ArgumentError, match="square of side 2"):
        product_sum(chain, [{0: np.eye(3)}])


@pytest.mark.parametrize("real", [True, False])
def test_single_precision_stays_single_and_close(real: bool) -> None:
    chain = oracles.random_chain(np.random.default_rng(1), 12, 8, real=real)
    z = np.diag([1.0, -1.0])
    operators = [{3: z, 4: z}, {11: z}, {0: z, 5: z}, {}]
    double = product_sum(chain, operators)
    single = product_sum(chain, operators, precision="single")
    assert single.dtype.itemsize * 2 == double.dtype.itemsize
    assert np.abs(single - double).max() < 2e-6
    with pytest.raises(ArgumentError, match="`precision` must be one of"):
        product_sum(chain, operators, precision="half")
