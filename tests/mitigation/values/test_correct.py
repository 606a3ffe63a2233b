from __future__ import annotations

import numpy as np
import pytest
from qiskit.primitives.containers import BitArray

from qtn.errors import DeviceError
from qtn.interop.observables import parse_observable
from qtn.mitigation.values.calibration import ReadoutCalibration
from qtn.mitigation.values.correct import (
    DampingCorrector,
    DualCorrector,
    twirled_corrector,
    unflipped,
)


def drawn(probability: float, shots: int, seed: int = 0) -> BitArray:
    """Two bits, each 1 with this probability."""
    table = np.random.default_rng(seed).random((shots, 2)) < probability
    return BitArray.from_bool_array(table, order="little")


def test_plain_values_are_means_and_tensored_ones_undo_the_confusion():
    observable = parse_observable({"ZZ": 1.0, "IZ": 0.5}, 2)
    bits = drawn(0.2, 40_000)
    plain = DualCorrector.plain(observable)
    assert plain.calibration is None
    assert plain.variances.shape == (0,)
    (basis,) = observable.bases
    widths = np.array([len(observable.terms[t].factors) for t in basis.terms])
    assert plain.moments(bits, basis).mean[0] == pytest.approx(0.6**widths, abs=0.02)
    rates = ReadoutCalibration(np.full((2, 2), 0.2), 10_000, (0, 1))
    inverse = DualCorrector.tensored(observable, rates)
    found = inverse.moments(bits, basis)
    assert inverse.calibration is rates
    assert found.mean[0] == pytest.approx(1.0, abs=0.04)  # |00> read with errors of 0.2
    assert found.gradient.shape == (1, 2, 4)


def test_dampings_are_divided_out_with_their_errors():
    observable = parse_observable({"ZZ": 1.0, "IZ": 0.5}, 2)
    (basis,) = observable.bases
    corrector = twirled_corrector(observable, drawn(0.1, 20_000), (0, 1), "device")
    assert isinstance(corrector, DampingCorrector)
    found = corrector.moments(drawn(0.1, 20_000, seed=1), basis)
    total = np.diag(found.covariance[0]) + found.gradient[0] ** 2 @ corrector.variances
    assert (np.abs(found.mean[0] - 1) < 5 * np.sqrt(total)).all()
    projector = parse_observable("00", 2)
    symmetric = twirled_corrector(projector, drawn(0.1, 20_000), (0, 1), "device")
    assert symmetric.calibration is not None
    assert symmetric.calibration.rates == pytest.approx(np.full((2, 2), 0.1), abs=0.01)
    with pytest.raises(DeviceError, match="cannot be undone"):
        twirled_corrector(observable, drawn(0.5, 100), (0, 1), "device")


def test_flips_are_undone():
    bits = drawn(0.3, 50)
    table = bits.to_bool_array(order="little")
    assert unflipped(bits, 0) is bits
    assert (unflipped(bits, 0b01).to_bool_array(order="little") == table ^ [True, False]).all()
