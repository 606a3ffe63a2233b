"""Values over time against exact evolution."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.linalg import expm

import qtn
from qtn.errors import ArgumentError
from qtn.physics.over_time import follow

H = qtn.chain("heisenberg", 6)
TIMES = [0.0, 0.4, 0.8]


def exact(label: str) -> list[float]:
    matrix, start = H.to_matrix(), Statevector.from_label("101010").data
    operator = SparsePauliOp(label).to_matrix()
    found = []
    for time in TIMES:
        psi = expm(-1j * time * matrix) @ start
        found.append(float((psi.conj() @ operator @ psi).real))
    return found


def test_values_lie_within_their_bars() -> None:
    state = qtn.product_state("101010")
    seen = follow(
        H, state, TIMES, {"z": "IIIIIZ", "zz": {"IIIIZZ": 0.5}}, cutoff=1e-7, progress=False
    )
    for name, label, scale in (("z", "IIIIIZ", 1.0), ("zz", "IIIIZZ", 0.5)):
        wanted = scale * np.array(exact(label))
        assert (np.abs(seen.values[name] - wanted) <= seen.bars[name] + 1e-9).all()
    assert seen.errors[0] == 0.0
    assert (np.diff(seen.errors) > 0).all()
    assert seen.bars["zz"] == pytest.approx(seen.errors)


def test_it_draws_lists_and_shows_itself() -> None:
    seen = follow(H, "neel", TIMES, "IIIIIZ", progress=False)
    ax = Figure().subplots()
    assert seen.plot(ax) is ax
    assert ax.containers[0].lines[0].get_ydata() == pytest.approx(seen.values["value"])
    assert seen.plot(kind="error").get_yscale() == "log"
    assert seen.plot(kind="entropy").lines[0].get_ydata() == pytest.approx(seen.entropies)
    frame = seen.to_frame()
    assert frame["time"].tolist() == TIMES
    assert frame["bond"].tolist() == seen.bonds.tolist()
    assert repr(seen).startswith("TimeSeries(3 times to 0.8, value, error ")
    assert str(seen).splitlines()[1].split() == ["time", "value", "error", "bond"]
    with pytest.raises(ArgumentError, match="`kind` must be one of 'values', 'error', 'entropy'"):
        seen.plot(kind="bonds")


def test_what_cannot_be_followed_is_refused() -> None:
    with pytest.raises(ArgumentError, match="`times`"):
        follow(H, "neel", [], "IIIIIZ")
    with pytest.raises(ArgumentError, match=r"observables"):
        follow(H, "neel", TIMES, "ZZ", progress=False)
