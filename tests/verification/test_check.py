"""The verdict prints itself, with ends that can be told apart."""

from __future__ import annotations

from qtn.estimate import Estimate
from qtn.verification.check import Check, Cost, interval_text


def test_cost_names_what_was_used() -> None:
    assert str(Cost(1.234)) == "1.23 s"
    assert str(Cost(0.5, 64, 3_200_000)) == "0.50 s · bond 64 · 3.2 MB"


def test_text_holds_fidelity_values_and_reason() -> None:
    values = tuple(Estimate(k / 7, 1e-12) for k in range(6))
    check = Check(0.25, 0.2, 0.3, "chain", Cost(0.1), "because", values, False)
    text = str(check)
    assert text.startswith("fidelity 0.25 in [0.2, 0.3] (estimate); values 0 ± 1e-12, ")
    assert "… (6 in all) (estimate) by chain: because; 0.10 s" in text
    assert repr(check) == f"Check({text})"


def test_page_escapes_and_says_whether_it_is_a_bound() -> None:
    values = (Estimate(0.5, 1e-9),)
    page = Check(None, None, None, "a<b", Cost(0.1), "x & y", values, True)._repr_html_()
    assert "a&lt;b" in page
    assert "x &amp; y" in page
    assert "rigorous bound" in page
    assert "fidelity" not in page
    assert "0.5 ± 1e-09" in page


def test_interval_ends_have_enough_digits() -> None:
    assert interval_text(0.999999, 1.0) == ("0.999999", "1")
    assert interval_text(0.5, 0.5) == ("0.5", "0.5")
    low, high = interval_text(0.123456789, 0.123456788)
    assert low != high
