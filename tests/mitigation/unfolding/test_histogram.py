"""A mitigated distribution: what it tells, and what it refuses to be compared with."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import hellinger_fidelity

from qtn.errors import ArgumentError
from qtn.mitigation import MitigatedDistribution


def example():
    return MitigatedDistribution(
        3, np.array([0, 7, 1], dtype=np.uint64), np.array([0.6, 0.4, 0.0]),
        np.array([0.01, 0.02, 0.005]), np.array([0.5, 0.3, 0.2]), 900, "unfolded",
    )  # fmt: skip


def test_probabilities_by_string():
    found = example()
    assert found.to_dict() == {"000": 0.6, "111": 0.4}
    one = found.probability("111")
    assert (one.value, one.stderr, one.shots) == (0.4, 0.02, 900)
    unseen = found.probability("010")
    assert (unseen.value, unseen.stderr) == (0, 0.005)
    assert "000" in str(found)
    assert "3 bits, 2 outcomes" in repr(found)


def test_fidelity_is_that_of_qiskit():
    found = example()
    ideal = {"000": 0.5, "111": 0.25, "010": 0.25}
    array = np.array([0.5, 0, 0.25, 0, 0, 0, 0, 0.25])
    expected = hellinger_fidelity(found.to_dict(), ideal)
    assert found.fidelity(ideal) == pytest.approx(expected)
    assert found.fidelity(array) == pytest.approx(expected)
    assert found.fidelity(ideal, raw=True) == pytest.approx((0.5 + np.sqrt(0.075)) ** 2)
    assert found.hellinger(ideal) == pytest.approx(np.sqrt(1 - np.sqrt(expected)))


@pytest.mark.parametrize(
    ("ideal", "text"),
    [
        ({"00": 1.0}, "a string of 3 bits"),
        ({"00a": 1.0}, "a string of 3 bits"),
        ({0: 1.0}, "a string of 3 bits"),
        (np.ones(4) / 4, r"an array of 2\^3"),
        ({"000": 0.5}, "non-negative, with sum 1"),
        ({"000": 1.5, "111": -0.5}, "non-negative, with sum 1"),
        (np.full(8, np.nan), "finite"),
    ],
)
def test_what_is_no_distribution_is_refused(ideal, text):
    with pytest.raises(ArgumentError, match=text):
        example().fidelity(ideal)


def test_an_outcome_is_a_string_of_bits():
    with pytest.raises(ArgumentError, match="`outcome` must be a string of 3 bits"):
        example().probability("0000")


def test_raw_is_a_flag():
    with pytest.raises(ArgumentError, match="`raw`"):
        example().hellinger({"000": 1.0}, raw=None)
