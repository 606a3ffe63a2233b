"""Names of distributions and payoffs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from qtn.applications.loading.named import distribution, payoff
from qtn.errors import ArgumentError


def test_names_and_frozen_ones() -> None:
    named = distribution("gamma(2.5)", 1e-3, None)
    frozen = distribution(stats.gamma(2.5), 1e-3, None)
    x = np.linspace(0.5, 4, 7)
    assert np.allclose(named.function(x) ** 2, stats.gamma(2.5).pdf(x))
    assert named.domain == frozen.domain == tuple(stats.gamma(2.5).ppf([1e-3, 1 - 1e-3]))
    assert (named.name, frozen.name) == ("gamma(2.5)", "gamma")
    assert distribution("norm(1, 2)", 1e-3, (0, 2)).domain == (0, 2)


def test_payoffs() -> None:
    x = np.array([0.0, 1.0, 2.0])
    assert payoff("call", 1.5, (0, 2)).function(x).tolist() == [0, 0, 0.5]
    assert payoff("put", 1.5, (0, 2)).function(x).tolist() == [1.5, 0.5, 0]
    assert payoff("digital", 1.0, (0, 2)).function(x).tolist() == [0, 1, 1]


def test_bad_names() -> None:
    with pytest.raises(ArgumentError, match=r"'lognorma'. Near names: .*lognorm"):
        distribution("lognorma", 1e-3, None)
    with pytest.raises(ArgumentError, match=r"gamma has the shape parameters a .* 0 numbers"):
        distribution("gamma", 1e-3, None)
    with pytest.raises(ArgumentError, match="numbers in the brackets of gamma"):
        distribution("gamma(x)", 1e-3, None)
    with pytest.raises(ArgumentError, match="does not exist for the parameters"):
        distribution("gamma(-1)", 1e-3, None)
    with pytest.raises(ArgumentError, match="a name such as"):
        distribution(3, 1e-3, None)
    with pytest.raises(ArgumentError, match=r"has the probability 0 between"):
        distribution("expon", 1e-3, (-2, -1))
    with pytest.raises(ArgumentError, match="`tail`"):
        distribution("norm", 0.0, None)
    with pytest.raises(ArgumentError, match="`strike`"):
        payoff("call", 5.0, (0, 2))
    with pytest.raises(ArgumentError, match="`kind`"):
        payoff("swap", 1.0, (0, 2))
