from __future__ import annotations

import pytest

from qtn.errors import ArgumentError
from qtn.mitigation import Readout


def test_bad_readout_options_are_refused():
    with pytest.raises(ArgumentError, match="`method` must be one of"):
        Readout(method="magic")
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer"):
        Readout(shots=0)
    with pytest.raises(ArgumentError, match="`calibration` must be a ReadoutCalibration"):
        Readout(calibration=0.1)
