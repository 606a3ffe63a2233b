"""Circuits on disk, with a card beside them that says of what they are, and how well.

A card holds nothing that a clock determines, so that the same compilation writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from qtn._checks import file_path, instance
from qtn._checks import text as checked_text
from qtn._io import regular_file, write_atomic
from qtn.aqc.result import Compiled
from qtn.errors import FileError
from qtn.interop.qasm import save_qpy

__all__ = ["card_entry", "read_card", "save_circuit"]

CARD = "card.json"


def save_circuit(
    compiled: Compiled,
    path: str | os.PathLike[str],
    *,
    label: Any = None,
    target: str | None = None,
) -> Path:
    """Write a compiled circuit, and in card.json beside it what it is.

    The card lists the circuits of its folder: file and its sha256, label and name of the target,
    fidelity, rigorous floor, two-qubit gates and depth, and provenance (method, seed, versions).
    Compiled again with the same versions, both files are the same byte for byte.

    Args:
        compiled: what `qtn.compile` returned.
        path: file to write, OpenQASM 3, or Qiskit's QPY if it ends in `.qpy`.
        label: class of the model whose state was compiled; None for none.
        target: name of what was compiled; None for none.

    Returns:
        The path of the circuit.

    Raises:
        ArgumentError: no compiled circuit.
        FileError: a folder that cannot be written, a damaged card in it, or the card's own name.

    Example:
        >>> import tempfile
        >>> import qtn
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = save_circuit(qtn.compile([0.6, 0, 0, 0.8]), Path(folder, "pair.qasm"))
        ...     card_entry(path)["two_qubit_gates"]
        1
    """
    instance("compiled", compiled, Compiled, "a result of qtn.compile")
    if isinstance(label, np.generic):
        label = label.item()
    if label is not None:
        instance("label", label, (int, str), "a class of the model (an integer or text)")
    if target is not None:
        checked_text("target", target)
    out = file_path("path", path)
    if out.name.lower() == CARD:
        raise FileError(
            f"File `{path}` is where the card of the circuit stands. Give the circuit another name."
        )
    card = read_card(out)
    if out.suffix.lower() == ".qpy":
        digest = save_qpy(compiled.circuit, out)
    else:
        text = compiled.qasm()
        digest = hashlib.sha256(text.encode()).hexdigest()
        write_atomic(out, text)
    entry = {
        "file": out.name,
        "sha256": digest,
        "label": label,
        "target": target,
        "fidelity": compiled.fidelity,
        "floor": compiled.floor,
        "two_qubit_gates": compiled.two_qubit_gates,
        "two_qubit_depth": compiled.two_qubit_depth,
        "provenance": compiled.provenance,
    }
    others = [e for e in card.get("circuits", []) if e.get("file") != out.name]
    circuits = sorted([*others, entry], key=lambda e: str(e.get("file")))
    write_atomic(out.with_name(CARD), json.dumps({**card, "circuits": circuits}, indent=2) + "\n")
    return out


def read_card(circuit: str | os.PathLike[str]) -> dict[str, Any]:
    """Return card.json beside a circuit, or {} where there is none.

    Raises:
        FileError: a card that cannot be read, or is none of ours.
    """
    path = file_path("circuit", circuit).with_name(CARD)
    if not path.exists():
        return {}
    try:
        card = json.loads(regular_file(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"File `{path}` is no readable card: {error}. Remove it.") from error
    entries = card.get("circuits") if isinstance(card, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileError(f"File `{path}` is no card of qtn: it lists no circuits. Remove it.")
    return dict(card)


def card_entry(circuit: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what the card beside a circuit says of it, or {}."""
    name = Path(circuit).name
    entries = read_card(circuit).get("circuits", [])
    return next((e for e in entries if e.get("file") == name), {})
