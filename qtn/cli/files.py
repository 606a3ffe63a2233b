"""What the commands read and write: data sets, models, circuits and their cards."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtn.errors import ArgumentError, FileError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qtn.data import Dataset


def digits_to_keep(text: str) -> list[int] | str:
    """Read the value of `--classes`: "3 8", "3,8" or "all"."""
    words = text.replace(",", " ").split()
    if words == ["all"]:
        return "all"
    if not words or not all(word.isdecimal() for word in words):
        raise ArgumentError(
            f"Option --classes must be digits or all, but is {text!r}. "
            "Give for instance: --classes 3 8"
        )
    return [int(word) for word in words]


def dataset(name: str, size: int, classes: Sequence[int] | str, seed: int) -> Dataset:
    """Load the data set of `--data`."""
    from qtn import load_digits

    if name != "digits":
        raise ArgumentError(f"Option --data must be digits, but is {name!r}.")
    return load_digits(size=size, classes=classes, seed=seed)


def classifier(path: Path) -> Any:
    """Load a fitted classifier."""
    from qtn import load
    from qtn.models.classifier import Classifier

    loaded = load(path)
    if not isinstance(loaded, Classifier):
        raise ArgumentError(
            f"File `{path}` holds {type(loaded).__name__}, no classifier. "
            "Train one with: qtn train --out model.qtn"
        )
    return loaded


def state_of(path: Path, label: int | None) -> Any:
    """Return the state in a file, of qubits: a classifier's class, a model's, or the one it is."""
    from qtn import load
    from qtn.models.classifier import Classifier
    from qtn.models.forms.compilable import Compilable

    loaded = load(path)
    if label is None and isinstance(loaded, Classifier) and "state" in loaded.forms_:
        known = [int(c) for c in loaded.classes_]
        raise ArgumentError(
            f"File `{path}` holds a classifier with one state per class. "
            f"Choose one of the classes {known}, for instance: --label {known[0]}"
        )
    if isinstance(loaded, Compilable):
        return loaded.state(label, qubits=True)
    if label is not None:
        raise ArgumentError(
            f"Option --label is for models, but `{path}` holds {type(loaded).__name__}. "
            "Leave it out."
        )
    return loaded


def read_circuit(path: Path) -> QuantumCircuit:
    """Read an OpenQASM 3 file, or one of version 2."""
    from qtn.interop.qasm import load_qasm3

    return load_qasm3(path)


def read_card(circuit: Path) -> dict[str, Any]:
    """Return card.json beside the circuit, or {} where there is none."""
    path = circuit.with_name("card.json")
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise FileError(f"File `{path}` is no readable card: {error}. Remove it.") from error
    entries = card.get("circuits") if isinstance(card, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileError(f"File `{path}` is no card of qtn: it lists no circuits. Remove it.")
    return dict(card)


def card_entry(circuit: Path) -> dict[str, Any]:
    """Return what the card beside a circuit says of it, or {}."""
    entries = read_card(circuit).get("circuits", [])
    return next((e for e in entries if e.get("file") == circuit.name), {})


def card_with(circuit: Path, entry: dict[str, Any]) -> dict[str, Any]:
    """Return the card of the folder with `entry` in the place of the one for the same file."""
    card = read_card(circuit)
    others = [e for e in card.get("circuits", []) if e.get("file") != circuit.name]
    return {**card, "circuits": [*others, entry]}


def check_writable(path: Path) -> None:
    """Raise before the work, not after it, where the file could not be written."""
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"File `{path}` cannot be written: there is no folder `{folder}`.")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise FileError(f"File `{path}` cannot be written: give a file in a folder you may write.")
