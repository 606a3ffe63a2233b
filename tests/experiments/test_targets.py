"""Targets of recipes against the doors that make them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.experiments import read_recipe
from qtn.experiments.targets import made_target


def made(folder: Path | None = None, **target: Any) -> Any:
    return made_target(read_recipe({"target": target}), None, folder)


def test_textbook_states() -> None:
    assert isinstance(made(state="ghz", qubits=4, tree=True), qtn.TTN)
    assert made(state="w", qubits=4).n == 4
    assert made(state="cluster", qubits=5).max_bond == 2
    assert made(state="aklt", spins=2).n == 6
    images = made(state="bars-and-stripes", rows=2, columns=2).to_dense()
    assert np.count_nonzero(np.abs(images) > 1e-12) == 6


def test_physics() -> None:
    chain = {"model": "tfim", "sites": 6, "couplings": {"field": 1.5}}
    model = qtn.chain("tfim", 6, field=1.5)
    ground = made(state="ground-state", max_bond=8, **chain)
    assert ground.fidelity(qtn.ground_state(model, max_bond=8)) == pytest.approx(1.0, abs=1e-12)
    late = made(state="evolved", start="zeros", time=0.3, **chain)
    assert late.fidelity(qtn.evolve(model, "zeros", 0.3)) == pytest.approx(1.0, abs=1e-12)
    assert isinstance(made(state="propagator", time=0.2, **chain), qtn.MPO)


def test_a_distribution() -> None:
    state = made(state="distribution", distribution="norm", qubits=8, domain=[-3, 3])
    weights = np.abs(state.to_dense()) ** 2
    assert weights.argmax() in (127, 128)


def test_files(tmp_path: Path) -> None:
    np.save(tmp_path / "bell.npy", [0.6, 0, 0, 0.8])
    assert made(tmp_path, state="file", file="bell.npy").n == 2
    qtn.save(made(state="w", qubits=3, tree=True), tmp_path / "w.qtn")
    assert isinstance(made(tmp_path, state="file", file="w.qtn"), qtn.TTN)
    with pytest.raises(qtn.errors.FileError, match="does not exist"):
        made(tmp_path, state="file", file="none.qtn")


def test_options_of_doors_are_theirs_to_refuse() -> None:
    with pytest.raises(qtn.ArgumentError, match="`name` must be one of"):
        made(state="ground-state", model="tfin", sites=4)


def test_a_sentence_is_what_its_circuit_prepares() -> None:
    texts = ["cooks fresh soup", "bakes white bread", "writes new code", "debugs old code"]
    model = qtn.SequenceClassifier(arch="path", epochs=2).fit(texts, [1, 1, 0, 0])
    recipe = read_recipe(
        {
            "data": {"source": "sentences", "file": "a", "test": "b"},
            "model": {"kind": "SequenceClassifier"},
            "target": {"state": "sentence", "text": "cooks old soup"},
        }
    )
    state: Any = made_target(recipe, model, None)
    weights = np.abs(state.to_dense().reshape(2, -1)) ** 2  # the last qubit is the memory
    (outcome,) = model.outcomes(["cooks old soup"])
    np.testing.assert_allclose(weights.sum(1), outcome, atol=1e-10)
    with pytest.raises(qtn.ArgumentError, match="needs a model of sentences"):
        made_target(recipe, object(), None)
