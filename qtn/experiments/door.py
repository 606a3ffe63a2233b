"""The door `qtn.make`: a recipe into a folder whose files are the same every time."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtn._checks import choice, fail, file_path, items
from qtn._display import Display, Displayed, Table
from qtn._io import writable_folder
from qtn._machine import few_threads
from qtn._optional import torch_is_there
from qtn._progress import checked_progress, progress_bar
from qtn.errors import ArgumentError
from qtn.experiments.kitchen import Kitchen
from qtn.experiments.reading import read_recipe
from qtn.experiments.schema import STEPS, Recipe

SHOWN = ("qubits", "two_qubit_gates", "two_qubit_depth", "fidelity", "floor")
MEASURED = "measured.json"  # times and the machine: the file that differs from run to run


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Made(Displayed):
    """What `qtn.make` wrote.

    Args:
        folder: where.
        files: by their names.
        hashes: sha256 of every file that is the same again, by its name.
        card: the content of card.json; empty where no circuit was made.
        seconds: processor time of every step.
    """

    folder: Path
    files: dict[str, Path]
    hashes: dict[str, str]
    card: dict[str, Any]
    seconds: dict[str, float]

    @property
    def hash(self) -> str:
        """One sha256 of all files that are the same again."""
        text = "\n".join(f"{name} {digest}" for name, digest in sorted(self.hashes.items()))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def circuit(self) -> dict[str, Any]:
        """What the card says of the circuit; empty where none was made."""
        found: dict[str, Any] = self.card["circuits"][0] if self.card else {}
        return found

    def _brief(self) -> str:
        return f"{', '.join(sorted(self.files))} in {self.folder}, hash {self.hash[:12]}"

    def _display(self) -> Display:
        found = self.circuit
        rows = [
            ("recipe", self.card.get("title")),
            *[(name.replace("_", "-", 1).replace("_", " "), found.get(name)) for name in SHOWN],
            ("hash", self.hash),
            ("folder", str(self.folder)),
        ]
        times = [(step, f"{value:.2f}") for step, value in self.seconds.items()]
        files = [(name, self.hashes.get(name, "")[:12]) for name in sorted(self.files)]
        tables = [Table(("file", "sha256"), files), Table(("step", "CPU seconds"), times)]
        return Display("Made from a recipe", rows, tables)


@few_threads(1)
def make(
    recipe: Recipe | str | os.PathLike[str] | Mapping[str, Any],
    out: str | os.PathLike[str],
    *,
    steps: Iterable[str] | None = None,
    data: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
) -> Made:
    """Make what a recipe describes, and write it to a folder.

    [model] writes `model.qtn`; [target] `target.qtn` where it is long to make or its data may be
    absent; [compile] `circuit.qasm` and `card.json`, whose fidelity is computed from the circuit as
    written; [run] and [mitigate] `run.json` and `mitigate.json`; [compare] `comparison.json` and
    `report.html`. Times stand in `measured.json` alone.

    Made twice by one installation, all files but `measured.json` and the report are equal byte for
    byte, whatever the number of threads. On another processor, or with other versions, a long
    search may end elsewhere in its last digits; `shape`, the hash of gates and qubits, then tells
    whether the circuit is the same but for its angles.

    Args:
        recipe: of `read_recipe`, or the path or mapping that it reads.
        out: the folder; made if missing.
        steps: sections to make, such as ("target", "compile"); what they need is made beside them
            without being written. None for all.
        data: the folder in which the files that the recipe names stand; None takes the environment
            variable QTN_DATA, else the folder of the recipe.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `Made`: files, hashes, card, seconds.

    Raises:
        ArgumentError: a recipe or a step that cannot be made.
        FidelityError: [compile] `min_fidelity` was not reached.
        FileError: files that cannot be read or written.

    Cost: that of its steps.

    Example:
        >>> import tempfile
        >>> ghz = {"target": {"state": "ghz", "qubits": 8}, "compile": {"method": "textbook"}}
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     made = make(ghz, folder)
        >>> tuple(made.circuit[k] for k in ("two_qubit_gates", "two_qubit_depth", "fidelity"))
        (7, 3, 1.0)
    """
    checked_progress(progress)
    read = read_recipe(recipe)
    chosen = _steps(read, steps)
    folder = writable_folder(out)
    source = os.environ.get("QTN_DATA") if data is None else file_path("data", data)
    if source is not None and not Path(source).is_dir():
        raise fail("data", "a folder that is there", source)
    if read.model is not None:
        torch_is_there()  # loads it, before its threads are counted
    seconds = {}
    with few_threads(1, firm=True), progress_bar(len(chosen), "make", progress, word="") as bar:
        kitchen = Kitchen(read, folder, None if source is None else Path(source), progress)
        for step in chosen:
            bar.set_description(step)
            start = time.process_time()
            getattr(kitchen, step)()
            seconds[step] = time.process_time() - start
            bar.update()
    files = kitchen.written | {MEASURED: kitchen.measured(MEASURED, seconds)}
    hashes = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in kitchen.written.items()
        if name not in kitchen.varying
    }
    return Made(folder, files, hashes, kitchen.card, seconds)


def _steps(recipe: Recipe, steps: Iterable[str] | None) -> tuple[str, ...]:
    """Return the steps asked for, in their order.

    Raises:
        ArgumentError: no steps, or one that the recipe has no section for.
    """
    lonely = recipe.steps == ("compile",)  # a method, with nothing to apply it to
    if lonely or not recipe.steps:
        raise ArgumentError(
            "The recipe asks for nothing that can be made. Add a section, for instance [target] "
            'with state = "ghz" and qubits = 4.'
        )
    if steps is None:
        return recipe.steps
    names = items("steps", list(steps) if isinstance(steps, set) else steps, "names of sections")
    asked = {choice(f"steps[{k}]", name, recipe.steps) for k, name in enumerate(names)}
    return tuple(step for step in STEPS if step in asked)
