"""`qtn.circuits`: the reviewed circuits that ship with qtn, each with its recipe and its card."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qiskit import QuantumCircuit

from qtn._checks import did_you_mean, fail, text
from qtn._display import Display, Displayed, Table
from qtn._io import load, regular_file
from qtn._machine import few_threads
from qtn._optional import require
from qtn.errors import ArgumentError, FileError, VerificationError
from qtn.experiments.content import circuit_digest
from qtn.experiments.judging import CIRCUIT, judged
from qtn.experiments.reading import read_recipe
from qtn.experiments.schema import Recipe
from qtn.experiments.targets import Goal, made_target
from qtn.interop.counting import two_qubit_depth, two_qubit_gates
from qtn.interop.qasm import from_qasm3
from qtn.verification import Check

if TYPE_CHECKING:
    import pandas as pd

INSTALLED = Path(__file__).with_name("shipped")  # in a wheel; in a checkout they stand at the top
AGREE = 1e-9  # of fidelities that are computed again
COLUMNS = ("name", "qubits", "two-qubit gates", "depth", "floor", "what")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShippedCircuit(Displayed):
    """A circuit of the library, as its card tells of it.

    Args:
        name: of the circuit.
        folder: with recipe.toml, circuit.qasm and card.json.
        card: the content of the card.
    """

    name: str
    folder: Path
    card: dict[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """What the card says of the circuit: gates, depth, fidelity, floor, hash."""
        found: dict[str, Any] = self.card["circuits"][0]
        return found

    @property
    def row(self) -> tuple[Any, ...]:
        """Name, qubits, two-qubit gates, their depth, floor of the fidelity, what it is."""
        told = self.told
        counts = (told["qubits"], told["two_qubit_gates"], told["two_qubit_depth"])
        return (self.name, *counts, told["floor"], self.card["title"])

    def _brief(self) -> str:
        return f"{self.name}, {self.told['qubits']} qubits, {self.told['two_qubit_gates']} gates"

    def _display(self) -> Display:
        told = self.told
        gates = ", ".join(f"{count} {name}" for name, count in told["gates"].items())
        rows = [
            ("what", self.card["title"]),
            ("qubits", told["qubits"]),
            ("two-qubit gates, depth", f"{told['two_qubit_gates']}, {told['two_qubit_depth']}"),
            ("gates", gates),
            ("fidelity", f"{told['fidelity']!r}, rigorously at least {told['floor']!r}"),
            ("method", told["provenance"]["method"]),
            ("seed", told["provenance"]["seed"]),
            ("hash", told["hash"]),
            ("folder", str(self.folder)),
        ]
        return Display(f"Circuit {self.name}", rows, notes=[self.card["about"]])


class Circuits(Displayed):
    """The library: a table that prints, whose circuits are loaded and verified by their names."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        if folder is not None and not isinstance(folder, str | os.PathLike):
            raise fail("folder", "the path of a folder of circuits, or None", folder)
        self.folder = _shipped() if folder is None else Path(folder)
        found = sorted(path.parent for path in self.folder.glob("*/card.json"))
        self._circuits = {path.name: ShippedCircuit(path.name, path, _card(path)) for path in found}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the circuits, in alphabetical order."""
        return tuple(self._circuits)

    def __len__(self) -> int:
        return len(self._circuits)

    def __iter__(self) -> Iterator[ShippedCircuit]:
        return iter(self._circuits.values())

    def __getitem__(self, name: str) -> ShippedCircuit:
        if text("name", name) not in self._circuits:
            hint = did_you_mean(name, self._circuits).rstrip()
            raise ArgumentError(f"Argument `name` is {name!r}, which is no shipped circuit. {hint}")
        return self._circuits[name]

    def load(self, name: str) -> QuantumCircuit:
        """Return a circuit, which every door takes, if its file is the one of the card.

        Args:
            name: of the circuit.

        Raises:
            ArgumentError: an unknown name; with the nearest one.
            FileError: a file that cannot be read.
            VerificationError: a file that was changed; fidelities are computed by `verify` only.

        Example:
            >>> circuits().load("ghz-16").num_qubits
            16
        """
        entry = self[name]
        text = _text(entry.folder / CIRCUIT)
        if hashlib.sha256(text.encode()).hexdigest() != entry.told.get("sha256"):
            raise VerificationError(
                f"Circuit {name} was changed: it is not the file of its card. {_way_out(entry)}"
            )
        return from_qasm3(text)

    def recipe(self, name: str) -> Recipe:
        """Return the recipe by which `qtn.make` makes a circuit again.

        Raises:
            ArgumentError: an unknown name.

        Example:
            >>> circuits().recipe("ghz-16").steps
            ('target', 'compile')
        """
        return read_recipe(self[name].folder / "recipe.toml")

    @few_threads(1)
    def target(self, name: str) -> Goal:
        """Return the state or operator of a circuit: from its file, or made by its recipe.

        Raises:
            ArgumentError: an unknown name.

        Cost: milliseconds to a few seconds.

        Example:
            >>> circuits().target("ghz-16")
            TTN(16 sites, max bond 2, float64)
        """
        kept = self[name].folder / "target.qtn"
        found: Goal = load(kept) if kept.is_file() else made_target(self.recipe(name), None, None)
        return found

    @few_threads(1)
    def verify(self, name: str) -> Check:
        """Verify a circuit again: from its file, against its target, with what its card says.

        Args:
            name: of the circuit.

        Returns:
            The fidelity in a rigorous interval, as of `qtn.verify`.

        Raises:
            ArgumentError: an unknown name.
            VerificationError: the files contradict the card; with what differs.

        Cost: milliseconds to a few seconds.

        Example:
            >>> circuits().verify("ghz-16").low > 1 - 1e-9
            True
        """
        entry = self[name]
        text = _text(entry.folder / CIRCUIT)
        circuit = from_qasm3(text)
        check = judged(circuit, self.target(name))
        found = {
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "hash": circuit_digest(circuit),
            "qubits": circuit.num_qubits,
            "two_qubit_gates": two_qubit_gates(circuit),
            "two_qubit_depth": two_qubit_depth(circuit),
        }
        told = entry.told
        wrong = [f"{key} is {value}" for key, value in found.items() if told[key] != value]
        if self.recipe(name).digest != entry.card["recipe"]:
            wrong.append("the recipe asks for something else")
        fidelity, low = check.fidelity or 0.0, check.low or 0.0
        if abs(fidelity - told["fidelity"]) > AGREE or low < told["floor"] - AGREE:
            wrong.append(f"the fidelity is {fidelity!r}, at least {low!r}")
        if wrong:
            raise VerificationError(
                f"Circuit {name} is not what its card says: {'; '.join(wrong)}. {_way_out(entry)}"
            )
        return check

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a pandas data frame, by the names of the circuits.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        rows = [entry.row for entry in self]
        frame: Any = require("pandas", "frames").DataFrame(rows, columns=list(COLUMNS))
        found: pd.DataFrame = frame.set_index("name")
        return found

    def _brief(self) -> str:
        return f"{len(self)} circuits"

    def _display(self) -> Display:
        rows = [entry.row for entry in self]
        # A floor is rounded down: what looks like 1 would promise more than the card.
        cells = [(*row[:4], f"{math.floor(row[4] * 1e7) / 1e7:.7f}", row[5]) for row in rows]
        table = Table(COLUMNS, cells, most=99)
        return Display("Circuits that ship with qtn", tables=[table])


def circuits(folder: str | os.PathLike[str] | None = None) -> Circuits:
    """Return the reviewed circuits that ship with qtn.

    Args:
        folder: another folder of circuits, each in a folder of its own as `qtn.make` writes it;
            None for those that ship.

    Returns:
        A table that prints; `load(name)` gives a circuit, `verify(name)` verifies it again,
        `recipe(name)` how to make it, `target(name)` what it prepares; iteration gives the cards.

    Raises:
        ArgumentError: no path.
        FileError: a card that cannot be read, or no circuits at all.

    Example:
        >>> circuits()["ghz-16"].told["two_qubit_depth"]
        4
    """
    found = Circuits(folder)
    if not len(found):
        raise FileError(
            f"Folder `{found.folder}` holds no circuits. Install qtn-toolkit again, or give a "
            "folder with one folder per circuit, as qtn.make writes them."
        )
    return found


def _shipped() -> Path:
    return INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[2] / "circuits"


def _way_out(entry: ShippedCircuit) -> str:
    recipe = str(entry.folder / "recipe.toml")
    return f"Restore `{entry.folder}`, or make it again: qtn.make({recipe!r}, …)."


def _card(folder: Path) -> dict[str, Any]:
    """Read a card.

    Raises:
        FileError: no JSON, or no card of a circuit.
    """
    path = folder / "card.json"
    try:
        card = json.loads(_text(path))
        told = card["circuits"][0]
        _ = (card["title"], card["about"], card["recipe"], told["floor"], told["hash"])
    except (ValueError, LookupError, TypeError) as error:
        raise FileError(f"File `{path}` is no card of qtn.make ({error}). Remove it.") from error
    found: dict[str, Any] = card
    return found


def _text(path: Path) -> str:
    return regular_file(path).read_text(encoding="utf-8")
