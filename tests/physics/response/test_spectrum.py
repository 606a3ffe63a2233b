"""Results: other momenta and frequencies from one run, sum rules, pictures."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

import qtn
from qtn.errors import ArgumentError
from qtn.physics.response import StructureFactor


@pytest.fixture(scope="module")
def found() -> StructureFactor:
    return qtn.structure_factor(
        qtn.chain("heisenberg", n=8), broadening=0.4, edges="include", tolerance=1e-4
    )


def test_other_momenta_frequencies_and_broader_lines(found: StructureFactor) -> None:
    again = found.at(found.momenta, found.frequencies)
    assert again.values == pytest.approx(found.values, abs=1e-12)
    assert again.errors == pytest.approx(found.errors, abs=1e-12)
    broad = found.at([np.pi], np.linspace(-4, 8, 400), broadening=0.7)
    fine = found.at([np.pi], np.linspace(-4, 8, 400))
    cell = 12 / 399
    assert broad.values.sum() * cell == pytest.approx(fine.values.sum() * cell, rel=1e-4)
    assert broad.broadening == 0.7
    assert found.at([0.3], [1.0]).values == pytest.approx(found.at([-0.3], [1.0]).values)
    with pytest.raises(ArgumentError, match=r"`broadening` must be at least that of the run, 0\.4"):
        found.at([0.0], [0.0], broadening=0.2)
    with pytest.raises(ArgumentError, match="π over the step of the times"):
        found.at([0.0], [50.0])
    with pytest.raises(ArgumentError, match="`momenta` must be a non-empty array"):
        found.at([], [1.0])


def test_sum_rules(found: StructureFactor) -> None:
    rules = found.sum_rules()
    assert rules.weight == pytest.approx(rules.weight_exact, abs=1e-12)
    assert rules.first == pytest.approx(rules.first_exact, abs=1e-5)
    # Double commutators: (cos k - 1)/2 ⟨SxSx + SySy⟩ of the two bonds at the centre.
    bonds = [SparsePauliOp.from_sparse_list([(a, [x, x + 1], 0.25) for a in ("XX", "YY")], 8)
             for x in (2, 3)]  # fmt: skip
    state = found.ground.to_dense()
    flips = sum(float(np.vdot(state, bond.to_matrix() @ state).real) for bond in bonds)
    assert rules.first == pytest.approx((np.cos(found.momenta) - 1.0) * flips / 2.0, abs=1e-5)
    assert rules.first[0] == pytest.approx(0.0, abs=1e-5)


def test_what_a_result_tells(found: StructureFactor) -> None:
    assert repr(found).startswith("StructureFactor(5 momenta, ")
    assert "gaussian of width 0.4" in repr(found)
    assert "\n" not in repr(found)
    assert found.values.shape == found.errors.shape == (5, len(found.frequencies))
    assert found.correlations.shape == (8, len(found.times))
    assert found.center == 3
    assert found.max_bond == 16
    assert found.discarded < 1e-8
    assert found.step_error < 1e-4
    assert found.edge > 0.01


def test_the_map(found: StructureFactor) -> None:
    axes = found.plot()
    assert (axes.get_xlabel()[:10], axes.get_ylabel()[:11]) == ("momentum k", "frequency ω")
    drawn = np.asarray(axes.collections[0].get_array())
    assert np.array_equal(drawn.ravel(), found.values.T.ravel())
    frame = found.to_frame()
    assert np.array_equal(frame["value"], found.values.ravel())
    assert np.array_equal(frame["frequency"][: len(found.frequencies)], found.frequencies)
    assert found.plot(axes) is axes
    with pytest.raises(ArgumentError, match="`ax`"):
        found.plot("here")  # type: ignore[arg-type]
