"""Exact synthesis: what is stated beforehand is what comes out."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.random_states import random_chain
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.methods.isometries import Isometries
from qtn.aqc.result import Status
from qtn.errors import ArgumentError


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize(("n", "bond"), [(10, 2), (9, 3), (10, 4), (8, 5)])
def test_exact_with_the_number_stated(n: int, bond: int, real: bool) -> None:
    state = random_chain(n, bond, n + bond, real)
    short = qtn.compile(state, Isometries())
    assert short.infidelity < 1e-20
    assert short.status is Status.EXACT
    assert short.two_qubit_gates == Isometries().two_qubit_gates(state)
    assert short.provenance["two-qubit gates stated"] == short.two_qubit_gates
    overlap = np.vdot(state.to_dense(), Statevector(short.circuit).data)
    assert abs(overlap) == pytest.approx(1.0, abs=1e-12)


# CX of PennyLane's MPSPrep for complex Gaussian chains of bond 4, decomposed to CX and rotations.
@pytest.mark.parametrize(("n", "theirs"), [(8, 138), (10, 172), (12, 206)])
def test_never_above_exact_synthesis_elsewhere(n: int, theirs: int) -> None:
    state = random_chain(n, 4, n)
    assert Isometries().two_qubit_gates(state) < theirs / 2
    apart = qtn.compile(state, Isometries(search=False))
    assert apart.infidelity < 1e-20
    assert apart.two_qubit_gates <= Isometries(search=False).two_qubit_gates(state) < theirs


def test_a_site_that_resists_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qtn.aqc.methods.isometries.exact_gates", lambda *_: None)
    state = random_chain(6, 4, 0)
    short = qtn.compile(state, Isometries())
    assert short.infidelity < 1e-20
    assert short.two_qubit_gates <= short.provenance["taken apart instead"]


def test_spin_one_chains_as_pairs_of_qubits() -> None:
    # The ground state of Affleck, Kennedy, Lieb and Tasaki: bond 2 between sites of three levels.
    site = np.zeros((2, 3, 2))
    site[0, 0, 1], site[1, 2, 0] = (2 / 3) ** 0.5, -((2 / 3) ** 0.5)
    site[0, 1, 0], site[1, 1, 1] = -((1 / 3) ** 0.5), (1 / 3) ** 0.5
    state = qtn.MPS((site[:1], *[site] * 4, site[:, :, :1])).normalised()
    pairs = qtn.aqc.embed_in_qubits(state)
    short = qtn.compile(pairs, Isometries())
    assert short.infidelity < 1e-20
    assert short.two_qubit_gates <= Isometries().two_qubit_gates(pairs) < 60


def test_products_and_one_or_two_sites() -> None:
    product = qtn.MPS.product([[0.6, 0.8j]] * 4)
    for target in (product, [0.6, 0.8], [0.6, 0.0, 0.0, 0.8]):
        short = qtn.compile(target, Isometries())
        assert short.infidelity < 1e-14
        assert short.two_qubit_gates <= Isometries().two_qubit_gates(target) <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"search": 1}, "`search`"),
        ({"tries": 0}, "`tries`"),
        ({"real": 2}, "`real`"),
        ({"basis": "swap"}, "`basis`"),
    ],
)
def test_bad_options(options: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        Isometries(**options)  # type: ignore[arg-type]
