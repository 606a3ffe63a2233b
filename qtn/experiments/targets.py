"""From a section [target] to the state or operator that is compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit

from qtn.errors import ArgumentError
from qtn.experiments import schema, textbook
from qtn.states import MPO, MPS, TTN

Goal = MPS | TTN | MPO


def made_target(recipe: schema.Recipe, model: Any, data: Path | None) -> Goal:
    """Return what the section [target] asks for.

    Args:
        recipe: with a target.
        model: fitted; None where the recipe has none.
        data: the folder of files that recipes name; None for that of the recipe.

    Raises:
        ArgumentError: options that the doors refuse.
        FileError: a file that is missing, or that cannot be read.
    """
    asked: Any = recipe.target
    match asked:
        case schema.OnTrees():
            return getattr(textbook, asked.state)(asked.qubits, asked.tree)
        case schema.Textbook():
            return textbook.cluster(asked.qubits)
        case schema.AKLT():
            return textbook.aklt(asked.spins)
        case schema.Images():
            return _uniform(textbook.bars_and_stripes(asked.rows, asked.columns))
        case schema.GroundState() | schema.Quench() | schema.PropagatorOf():
            return _physics(asked)
        case schema.Distribution():
            return _distribution(asked, recipe.seed)
        case schema.OfModel():
            return _of_model(asked, model)
        case schema.Sentence():
            return _sentence(asked, model)
        case _:
            return _of_file(asked, data or recipe.folder)


def _uniform(rows: np.ndarray) -> MPS:
    """Return the superposition of basis states with equal amplitudes, as a chain."""
    amplitudes = np.zeros(2 ** rows.shape[1])
    amplitudes[rows @ (1 << np.arange(rows.shape[1]))] = len(rows) ** -0.5
    return MPS.from_dense(amplitudes)


def _physics(asked: Any) -> Goal:
    from qtn.physics import chain, evolve, ground_state, propagator

    model = chain(asked.model, asked.sites, periodic=asked.periodic, **asked.couplings)
    options = {"cutoff": asked.cutoff, "progress": False}
    if asked.max_bond is not None:
        options["max_bond"] = asked.max_bond
    if isinstance(asked, schema.GroundState):
        return ground_state(model, start=asked.start, **options)
    if isinstance(asked, schema.Quench):
        return evolve(model, asked.start, asked.time, **options)
    return propagator(model, asked.time, **options)


def _distribution(asked: schema.Distribution, seed: int) -> MPS:
    from qtn.applications.loading import load_distribution

    domain = None if asked.domain is None else (asked.domain[0], asked.domain[1])
    return load_distribution(
        asked.distribution,
        asked.qubits,
        domain=domain,
        tail=asked.tail,
        tolerance=asked.tolerance,
        seed=seed,
    ).state


def _of_model(asked: schema.OfModel, model: Any) -> Goal:
    options = {"label": asked.label, "register": asked.register_}
    given = {k: v for k, v in options.items() if v is not None}
    return model.state(**given, qubits=True)


def _sentence(asked: schema.Sentence, model: Any) -> MPS:
    """Return what the circuit of a sentence prepares before its last qubit is measured."""
    from qtn.interop.targets import target_state

    if not hasattr(model, "to_circuits"):
        raise ArgumentError(
            f'[target] with state = "sentence" needs a model of sentences, but [model] is '
            f'{type(model).__name__}. Take kind = "SequenceClassifier".'
        )
    (circuit,) = model.to_circuits([asked.text], reset=False)
    bare = circuit.remove_final_measurements(inplace=False)
    # The memory meets one word after another: behind them all, it leaves every bond small.
    moved = QuantumCircuit(bare.num_qubits)
    moved.compose(bare, [bare.num_qubits - 1, *range(bare.num_qubits - 1)], inplace=True)
    return target_state(moved)


def _of_file(asked: schema.OfFile, folder: Path) -> Goal:
    from qtn.aqc.target import state_or_operator
    from qtn.interop.target_files import load_target

    return state_or_operator(load_target(folder / asked.file))
