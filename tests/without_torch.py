"""A run of the whole chain in an interpreter that has no torch; prints what it found as JSON.

    python -m tests.without_torch FOLDER

FOLDER holds files of saved objects. `tests/contracts/test_without_torch.py` starts this.
"""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

ROWS = np.linspace(0.0, 1.0, 32).reshape(8, 4)
STATES = ("mps-classifier", "mps-regressor", "ttn-classifier", "ttn-regressor")


class NoTorch(MetaPathFinder):
    """Answers as if torch were not installed, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise where torch or a part of it is asked for."""
        if name.partition(".")[0] == "torch":
            frame: Any = sys._getframe()
            while "importlib" in frame.f_code.co_filename or frame.f_code.co_name == "find_spec":
                frame = frame.f_back
            self.asked.append(frame.f_globals.get("__name__", "?"))
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def chain() -> dict[str, Any]:
    """Return figures of the doors that never need torch, one after the other."""
    import qtn

    plugins = ["qiskit_synthesis", "qiskit_unitary", "qiskit_stage"]
    for plugin in plugins + ["pennylane"] * (find_spec("pennylane") is not None):
        importlib.import_module(f"qtn.plugins.{plugin}")
    hamiltonian = qtn.chain("tfim", 4)
    moved = qtn.evolve(hamiltonian, "neel", 0.1)
    ground = qtn.ground_state(hamiltonian, max_bond=4)
    short = qtn.compile(ground, qtn.Staircase(layers=1), seed=0)
    check = qtn.verify(short.circuit, ground)
    ran = qtn.run(short.circuit, "ZZII", shots=256, progress=False)
    better = qtn.mitigate(
        short.circuit, "ZZII", [qtn.Readout()], device="aer", shots=256, progress=False
    )
    with tempfile.TemporaryDirectory() as folder:
        back = qtn.load(qtn.save(ground, Path(folder, "ground.qtn")))
        again = qtn.load(qtn.save(short, Path(folder, "short.qtn")))
    return {
        "norm": float(moved.norm()),
        "fidelity": [short.fidelity, check.low, check.high, again.fidelity],
        "values": [float(ran.values[0].value), float(better.value)],
        "overlap": float(abs(back.overlap(ground))),
        "circuit": qtn.circuits().verify("ghz-16").low,
        "digits": qtn.load_digits(size=2).x_train.shape[1],
    }


def saved(folder: Path) -> dict[str, list[float]]:
    """Return one state of every saved model that is a state, as amplitudes."""
    import qtn

    found = {}
    for name in STATES:
        state = qtn.load(folder / f"{name}.qtn").state(register="label")
        found[name] = state.to_dense().ravel().tolist()
    return found


def deployed(folder: Path) -> list[list[float]]:
    """Return the scores of a saved classifier's circuits, without shots."""
    import qtn

    model = qtn.load(folder / "mps-classifier.qtn")
    return list(qtn.deploy(model, qtn.Staircase(layers=1), seed=0).ideal_scores(ROWS).tolist())


def trained() -> float:
    """Return the mean log-likelihood of a Born machine, which is trained without torch."""
    import qtn

    return float(qtn.MPSBornMachine(bond=2, sweeps=1, bins=2, seed=0).fit(ROWS).score(ROWS))


def refusals(folder: Path) -> dict[str, str]:
    """Return the errors of what does need torch, by name."""
    import qtn

    labels = np.arange(8) % 2
    product = qtn.MPS.product([[1.0, 0.0]] * 2)
    calls: dict[str, Callable[[], Any]] = {
        "MPSClassifier": lambda: qtn.MPSClassifier().fit(ROWS, labels),
        "TTNClassifier": lambda: qtn.TTNClassifier().fit(ROWS, labels),
        "MPSRegressor": lambda: qtn.MPSRegressor().fit(ROWS, ROWS[:, 0]),
        "TTNRegressor": lambda: qtn.TTNRegressor().fit(ROWS, ROWS[:, 0]),
        "partial_fit": lambda: qtn.MPSClassifier().partial_fit(ROWS, labels, [0, 1]),
        "predict": lambda: qtn.load(folder / "mps-classifier.qtn").predict(ROWS),
        "SequenceClassifier": lambda: qtn.SequenceClassifier().fit(["a b", "b a"], [0, 1]),
        "SentenceClassifier": lambda: qtn.SentenceClassifier().fit(["a b", "b a"], [0, 1]),
        "isometric": lambda: qtn.load(folder / "isometric.qtn"),
        "sequence-classifier": lambda: qtn.load(folder / "sequence-classifier.qtn"),
        "compress_layers": lambda: qtn.compress_layers(None, 10),
        "load_layers": lambda: qtn.load_layers("none", None),
        "neural_ground_state": lambda: qtn.neural_ground_state(qtn.chain("tfim", 4)),
        "loss of a structure": lambda: qtn.fit_structure(np.ones((2, 2)), loss=np.sum),
        "samples on a GPU": lambda: product.sample(2, device="cuda"),
        "sweeps on a GPU": lambda: qtn.MPSBornMachine(bond=2, device="cuda").fit(ROWS),
    }
    found = {}
    for name, call in calls.items():
        try:
            call()
        except qtn.MissingExtraError as error:
            found[name] = str(error)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
        else:
            found[name] = "no error"
    return found


def public_names() -> list[str]:
    """Return the public names that cannot be had."""
    import qtn

    missing = []
    for name in qtn.__all__:
        try:
            getattr(qtn, name)
        except ImportError:
            missing.append(name)
    return missing


if __name__ == "__main__":
    finder = NoTorch()
    sys.meta_path.insert(0, finder)
    found = {"chain": chain(), "asked": [who for who in finder.asked if who.startswith("qtn")]}
    where = Path(sys.argv[1])
    found |= {"saved": saved(where), "refusals": refusals(where), "missing": public_names()}
    found |= {"trained": trained(), "deployed": deployed(where)}
    sys.stdout.write(json.dumps(found))
