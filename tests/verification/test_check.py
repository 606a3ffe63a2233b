"""The verdict prints itself, with ends that can be told apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from qtn.estimate import Estimate
from qtn.verification.check import Check, Cost, interval_text, value_text


def test_cost_names_what_was_used() -> None:
    assert str(Cost(1.234)) == "1.23 s"
    assert str(Cost(0.5, 64, 3_200_000)) == "0.50 s · bond 64 · 3.2 MB"


def test_text_holds_fidelity_values_and_reason() -> None:
    values = tuple(Estimate(k / 7, 1e-12) for k in range(6))
    check = Check(0.25, 0.2, 0.3, "chain", Cost(0.1), "because", values, False)
    text, line = str(check), repr(check)
    assert line.startswith("Check(fidelity 0.25 in [0.2, 0.3]; values 0 ± 1e-12, ")
    assert line.endswith("… (6 in all) (estimate) by chain)")
    for words in ("why       because", "cost      0.10 s", "5           0.7142857142857 ± 1e-12"):
        assert words in text


def test_page_escapes_and_says_whether_it_is_a_bound() -> None:
    values = (Estimate(0.5, 1e-9),)
    page = Check(None, None, None, "a<b", Cost(0.1), "x & y", values, True)._repr_html_()
    assert "a&lt;b" in page
    assert "x &amp; y" in page
    assert "rigorous bound" in page
    assert "fidelity" not in page
    assert "0.5 ± 1e-09" in page


def test_intervals_have_enough_digits_and_hold_the_value_shown() -> None:
    assert interval_text(0.9999995, 0.999999, 1.0) == "0.9999995 in [0.999999, 1]"
    assert interval_text(0.5, 0.5, 0.5) == "0.5 in [0.5, 0.5]"
    close = interval_text(0.94250498497412, 0.94250498497391, 0.94250498497432)
    assert close == "0.94250498497412 in [0.94250498497391, 0.94250498497432]"
    assert interval_text(-0.3, -0.34567, -0.2) == "-0.3 in [-0.35, -0.2]"


@given(st.floats(0.0, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_ends_are_rounded_outwards(value: float, below: float, above: float) -> None:
    shown = interval_text(value, value - below, value + above)
    middle, low, high = map(float, re.findall(r"-?\d+(?:\.\d+)?", shown))
    assert low <= value - below + 1e-16
    assert high >= value + above - 1e-16
    assert low <= middle <= high
    assert abs(middle - value) <= max(1e-15, 0.051 * (below + above))


def test_values_have_the_digits_their_error_leaves() -> None:
    assert value_text(Estimate(-2.0433213051, 4e-10)) == "-2.0433213051 ± 4e-10"
    assert value_text(Estimate(123.456789, 0.02)) == "123.457 ± 0.02"
    assert value_text(Estimate(0.25, 0.0)) == "0.25 ± 0"


def test_what_is_not_certified_is_printed_so() -> None:
    values = (Estimate(0.25, float("inf"), 0, "chain"), Estimate(0.5, 0.01, 0, "chain"))
    check = Check(0.7, 0.0, 1.0, "chain", Cost(0.1), "why", values, False)
    assert "fidelity not certified (about 0.7)" in repr(check)
    assert "values not certified (about 0.25), 0.5 ± 0.01" in repr(check)
    assert "fidelity  not certified (about 0.7)" in str(check)
    assert check._repr_html_().count("not certified") == 2


def test_intervals_are_drawn_and_listed() -> None:
    values = (Estimate(0.5, 0.1), Estimate(0.2, float("inf")))
    check = Check(0.25, 0.2, 0.3, "chain", Cost(0.1), "because", values, True)
    ax = Figure().subplots()
    assert check.plot(ax) is ax
    ends = [c.lines[2][0].get_segments()[0][:, 0].tolist() for c in ax.containers]
    assert ends[:2] == [pytest.approx([0.2, 0.3]), pytest.approx([0.4, 0.6])]
    assert ends[2] == [0.2, 0.2]  # not certified: no bar
    assert ax.get_xlabel() == "rigorous bounds by chain"
    assert check.to_frame()["low"].tolist() == [0.2, 0.4, float("-inf")]
    only = Check(None, None, None, "cone", Cost(0.1), "", values[:1], False)
    assert [t.get_text() for t in only.plot().get_yticklabels()] == ["value"]


def test_a_narrow_interval_is_drawn_around_its_value() -> None:
    ends = 0.999986193 - 1e-9, 0.999986193 + 2e-9
    check = Check(0.999986193, *ends, "chain", Cost(0.1), "", (), True)
    ax = check.plot()
    assert [t.get_text() for t in ax.get_yticklabels()] == ["fidelity − 0.999986193"]
    (drawn,) = [c.lines[2][0].get_segments()[0][:, 0] for c in ax.containers]
    assert drawn == pytest.approx([-1e-9, 2e-9], rel=1e-6)
