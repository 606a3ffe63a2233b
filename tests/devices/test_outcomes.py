"""Figures and lines of runs hold their numbers."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

import qtn
from qtn.devices import run
from qtn.devices.outcomes import draw_counts
from qtn.errors import ArgumentError
from qtn.statistics.proportions import proportion_interval


def spread() -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    circuit.h([0, 1])
    return circuit


def test_counts_have_wilson_intervals() -> None:
    result = run(spread(), shots=400, seed=1)
    ax = Figure().subplots()
    assert result.plot(ax) is ax
    counts = result.counts()
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert names == sorted(counts)
    assert [bar.get_height() for bar in ax.patches] == [counts[n] / 400 for n in names]
    bars = ax.containers[-1].lines[2][0].get_segments()
    for name, bar in zip(names, bars, strict=True):
        assert bar[:, 1] == pytest.approx(proportion_interval(counts[name], 400))
    assert plt.get_fignums() == []


def test_rare_outcomes_share_a_bar() -> None:
    ax = draw_counts(Figure().subplots(), {"00": 50, "01": 30, "10": 15, "11": 5}, 2)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["00", "01", "2 others"]
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.3, 0.2]


def test_values_are_drawn_and_listed_with_errors() -> None:
    turned = QuantumCircuit(2)
    turned.ry(Parameter("a"), 0)
    angles = np.array([[0.0], [1.0], [2.0]])
    result = run((turned, angles), ["IZ", "IX"], shots=200, seed=1)
    ax = result.plot()
    drawn = [c.lines[0].get_xdata()[0] for c in ax.containers]
    assert np.allclose(drawn, np.ravel(result.values[0].value))
    frame = result.to_frame()
    assert list(zip(frame["binding"], frame["observable"], strict=True)) == [
        (b, o) for b in range(3) for o in range(2)
    ]
    assert np.allclose(frame["stderr"], np.ravel(result.values[0].stderr))
    single = run((turned, angles), "IZ", shots=200, seed=1).to_frame()
    assert (single["binding"].tolist(), set(single["observable"])) == ([0, 1, 2], {0})
    several = run(turned.assign_parameters([1.0]), ["IZ", "IX"], shots=200).to_frame()
    assert (set(several["binding"]), several["observable"].tolist()) == ({0}, [0, 1])


def test_counts_are_listed() -> None:
    frame = run([spread(), spread()], shots=100, seed=1).to_frame()
    assert frame.groupby("circuit")["count"].sum().tolist() == [100, 100]
    assert frame.groupby("circuit")["share"].sum().tolist() == pytest.approx([1.0, 1.0])


def test_what_a_run_has_not_is_not_drawn() -> None:
    result = run(spread(), shots=10)
    with pytest.raises(ArgumentError, match="has counts only"):
        result.plot(kind="values")
    with pytest.raises(ArgumentError, match="`kind` must be one of 'auto', 'counts', 'values'"):
        result.plot(kind="bars")
    with pytest.raises(ArgumentError, match="`most` must be a positive integer"):
        result.plot(most=0)
    with pytest.raises(ArgumentError, match="`i` must be an integer"):
        result.plot(i=1)
    assert isinstance(result, qtn.RunResult)
