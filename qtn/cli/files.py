"""What the commands read and write: data sets, models, circuits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtn.errors import ArgumentError, FileError

if TYPE_CHECKING:
    from qtn.data import Dataset


def labels_to_keep(words: Sequence[str] | None) -> list[Any] | str:
    """Read the values of `--classes`: "3 8", "3,8", given once or several times, or "all".

    Commas part labels; spaces only part whole numbers, since names may hold them.
    """
    found: list[str] = []
    for part in ",".join(words or ()).split(","):
        several = part.split()
        found += several if all(word.isdecimal() for word in several) else [part.strip()]
    if not found or found == ["all"]:
        return "all"
    return [int(word) if word.isdecimal() else word for word in found]


def dataset(
    name: str, size: int | None, classes: list[Any] | str, label: str | None, seed: int
) -> Dataset:
    """Load the data set of `--data`: scikit-learn's digits, or a file."""
    import qtn

    if name == "digits":
        return qtn.load_digits(size=4 if size is None else size, classes=classes, seed=seed)
    if not Path(name).exists():
        raise ArgumentError(
            f"Option --data must be digits or a file (.csv, .tsv, .npz, IDX), but is {name!r}."
        )
    return qtn.load_data(name, label=label, classes=classes, size=size, seed=seed)


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


def class_of(model: Any, label: str | None) -> Any:
    """Return the class of a model that `--label` names, or the number of an output."""
    if label is None:
        return None
    for known in getattr(model, "classes_", ()):
        if str(known) == str(label):
            return known.item() if hasattr(known, "item") else known
    return int(label) if str(label).isdecimal() else label


def target_of(path: Path, label: str | None = None, sha256: str | None = None) -> Any:
    """Return what a file holds to be compiled or compared with; of a model a state of qubits."""
    import qtn

    loaded = qtn.load_target(path, sha256=sha256)
    if path.suffix.lower() == ".qtn":
        from qtn.models.classifier import Classifier
        from qtn.models.forms.compilable import Compilable

        if label is None and isinstance(loaded, Classifier) and "state" in loaded.forms_:
            known = [str(c) for c in loaded.classes_]
            raise ArgumentError(
                f"File `{path}` holds a classifier with one state per class. "
                f"Choose one of the classes {', '.join(known)}, for instance: --label {known[0]}"
            )
        if isinstance(loaded, Compilable):
            return loaded.state(class_of(loaded, label), qubits=True)
    if label is not None:
        raise ArgumentError(
            f"Option --label is for models, but `{path}` holds {type(loaded).__name__}. "
            "Leave it out."
        )
    return loaded


def circuit_of(path: Path, sha256: str | None = None) -> Any:
    """Read a circuit: OpenQASM, QPY, or a compiled result of qtn."""
    import qtn
    from qtn.interop.qasm import load_qasm3

    if path.suffix.lower() not in (".qtn", ".qpy"):
        return load_qasm3(path)
    loaded = qtn.load_target(path, sha256=sha256)
    circuit = getattr(loaded, "circuit", None)
    if path.suffix.lower() == ".qtn" and (circuit is None or callable(circuit)):
        raise ArgumentError(
            f"File `{path}` holds {type(loaded).__name__}, no circuit. "
            f"Make one with: qtn compile {path} --out circuit.qasm"
        )
    return loaded


def check_writable(path: Path, suffix: str = "") -> None:
    """Raise before the work, not after it, where the file could not be written or found again."""
    if suffix and path.suffix.lower() != suffix:
        raise ArgumentError(
            f"Option --out must end in {suffix}, by which other commands know it, but is '{path}'."
        )
    folder = path.parent
    if not folder.is_dir():
        raise FileError(f"File `{path}` cannot be written: there is no folder `{folder}`.")
    if path.is_dir() or not os.access(folder, os.W_OK):
        raise FileError(f"File `{path}` cannot be written: give a file in a folder you may write.")
