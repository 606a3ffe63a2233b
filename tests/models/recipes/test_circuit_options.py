"""Settings of circuits: what "auto" means for blocks, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import qtn
from qtn.errors import ArgumentError
from qtn.models.recipes.circuit_options import circuit_fixed, in_blocks, shots_of, width_of

X, Y = np.random.default_rng(0).random((12, 4)), np.arange(12) % 2


def test_blocks_have_settings_of_their_own() -> None:
    tree = qtn.TTNClassifier(isometric=True, nodes="blocks")
    chain = qtn.MPSClassifier(isometric=True, nodes="blocks", epochs=3)
    names = ("bond", "depth", "epochs", "batch_size", "learning_rate")
    assert [tree._setting(n) for n in names] == [4, 2, 100, 128, 0.1]
    assert [chain._setting(n) for n in names] == [16, 1, 3, 128, 0.1]
    assert (in_blocks(tree), width_of(tree), width_of(chain)) == (True, 2, 4)
    assert (shots_of(tree), shots_of(chain)) == (2500, None)
    assert shots_of(qtn.TTNClassifier(isometric=True, nodes="blocks", shots=None)) is None
    plain = qtn.TTNClassifier(isometric=True)
    assert shots_of(plain) is None
    assert not in_blocks(plain)
    assert circuit_fixed(plain) is None
    assert circuit_fixed(qtn.MPSRegressor()) is None
    assert plain._setting("epochs") == 30


@pytest.mark.parametrize("kind", ["MPSClassifier", "TTNClassifier"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"nodes": "gates"}, "`nodes` must be one of 'matrices', 'blocks'"),
        ({"depth": -1}, "`depth` must be"),
        ({"depth": None}, "`depth` must be a number of rounds"),
        ({"depth": 1.5}, "`depth` must be"),
        ({"gate_noise": 1.0}, "`gate_noise` must be"),
        ({"readout_noise": 0.5}, "`readout_noise` must be"),
        ({"shots": 0}, "`shots` must be"),
        ({"isometric": False, "shots": 9}, "`shots` is for isometric models"),
        ({"isometric": False, "nodes": "blocks"}, "`nodes` is for isometric models"),
        ({"isometric": False, "gate_noise": 0.1}, "`gate_noise` is for isometric models"),
        ({"isometric": False, "readout_noise": 0.1}, "`readout_noise` is for isometric"),
        ({"bond": 6}, "a power of 2 for an isometric model"),
    ],
)
def test_what_makes_no_sense_is_refused(kind: str, wrong: dict[str, Any], message: str) -> None:
    model = getattr(qtn, kind)(**{"isometric": True, "epochs": 1, **wrong})
    with pytest.raises(ArgumentError, match=message):
        model.fit(X, Y)


def test_outcomes_are_those_of_circuits_alone() -> None:
    plain = qtn.MPSClassifier(2, epochs=1).fit(X, Y)
    with pytest.raises(ArgumentError, match=r"has no form circuit\(\)"):
        plain.outcomes(X)
    with pytest.raises(ArgumentError, match="`noise` is for isometric models"):
        plain.scores(X, readout=0.1)
    tree = qtn.TTNClassifier(2, isometric=True, epochs=1).fit(X, Y)
    with pytest.raises(ArgumentError, match="`readout` must be"):
        tree.outcomes(X, readout=0.7)
    p = tree.outcomes(X, noise=0.1, readout=0.5)
    assert p == pytest.approx(0.25 * np.ones_like(p))
