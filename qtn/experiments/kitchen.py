"""The steps of a recipe, each made once, when it is first needed."""

from __future__ import annotations

import platform
import time
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import Any

import llvmlite.binding
import numpy as np
from qiskit import QuantumCircuit

from qtn._io import save, write_atomic
from qtn.experiments import schema
from qtn.experiments.content import as_json, rounded, share
from qtn.experiments.datasets import Rows, made_rows
from qtn.experiments.judging import CIRCUIT, card_of
from qtn.experiments.options import METHODS, MODELS, TECHNIQUES, TEXTBOOK, built
from qtn.experiments.targets import Goal, made_target
from qtn.experiments.textbook_circuits import written
from qtn.interop.qasm import from_qasm3, to_qasm3

LONG = 3600.0  # CPU seconds that `Auto` may take by default, so that no clock decides
LEARNT = (schema.OfModel, schema.Sentence)
KEPT = (*LEARNT, schema.OfFile)  # targets that need more than the recipe


class Kitchen:
    """What one call of `make` holds: the recipe, and what has been made of it so far."""

    def __init__(
        self, recipe: schema.Recipe, folder: Path, source: Path | None, progress: bool | None
    ) -> None:
        self.recipe, self.folder, self.source, self.progress = recipe, folder, source, progress
        self.written: dict[str, Path] = {}
        self.varying: set[str] = set()
        self.card: dict[str, Any] = {}

    # ------------------------------------------------------------------------------------ steps

    def data(self) -> None:
        """Read the rows; nothing is written, for they may not be ours to pass on."""
        _ = self.rows

    def model(self) -> None:
        """Fit the model and save it, without the times of its history."""
        model = copy(self.fitted)
        if hasattr(model, "history_"):
            model.history_ = {k: v for k, v in model.history_.items() if k != "seconds"}
        self.written["model.qtn"] = save(model, self.folder / "model.qtn")

    def target(self) -> None:
        """Make the target; save it where the recipe alone does not give it again."""
        if isinstance(self.recipe.target, KEPT):
            self.written["target.qtn"] = save(self.goal, self.folder / "target.qtn")

    def compile(self) -> None:
        """Compile; write the circuit and its card."""
        if self.recipe.target is None:
            return
        text, how = self.circuit
        self.card = card_of(self.recipe, text, self.goal, how | self._scores())
        self.written[CIRCUIT] = write_atomic(self.folder / CIRCUIT, text)
        self._json("card.json", self.card)

    def run(self) -> None:
        """Run the circuit; write counts, or values with their errors."""
        from qtn.devices import run

        asked: Any = self.recipe.run
        measured = asked.observables or None
        options = {"device": asked.device, "shots": asked.shots, "seed": self.recipe.seed}
        found = run(from_qasm3(self.circuit[0]), measured, progress=self.progress, **options)
        content: dict[str, Any] = {"device": found.device, "shots": found.shots}
        if measured:
            content |= _values(measured, found.values[0])
        else:
            content["counts"] = dict(sorted(found.counts().items()))
        self._json("run.json", content)

    def mitigate(self) -> None:
        """Mitigate the values that [run] measures."""
        from qtn.mitigation import mitigate

        asked: Any = self.recipe.run
        found = mitigate(
            from_qasm3(self.circuit[0]),
            asked.observables,
            self._techniques(),
            device=asked.device,
            shots=asked.shots,
            seed=self.recipe.seed,
            progress=self.progress,
        )
        content = {"device": asked.device, "shots": found.shots, "method": found.method}
        self._json("mitigate.json", content | _values(asked.observables, found))

    def compare(self) -> None:
        """Deploy the model, set it beside its own classical form and baselines; write both."""
        from qtn.hybrid import deploy
        from qtn.reports import compare

        asked: Any = self.recipe.compare
        rows: Any = self.rows
        where = self.recipe.run or schema.Run()
        quantum = deploy(
            self.fitted,
            self._method(),
            form=asked.form,
            device=where.device,
            shots=where.shots,
            mitigation=self._techniques(),
            seed=self.recipe.seed,
            progress=self.progress,
        )
        table = compare(
            self.fitted,
            quantum,
            rows.x_test[: asked.rows],
            rows.y_test[: asked.rows],
            train=(rows.x, rows.y) if asked.baselines else None,
            baselines="auto" if asked.baselines else None,
            title=self.recipe.title or "Classical against quantum",
            seed=self.recipe.seed,
            progress=self.progress,
        )
        self._json("comparison.json", table.to_dict(times=False))
        self.written["report.html"] = table.save(self.folder / "report.html")
        self.varying.add("report.html")

    def _json(self, name: str, content: dict[str, Any]) -> None:
        self.written[name] = write_atomic(self.folder / name, as_json(content))

    def measured(self, name: str, seconds: dict[str, float]) -> Path:
        """Write what differs from run to run."""
        content = {
            "seconds": {step: round(value, 3) for step, value in seconds.items()},
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "machine": machine(),
        }
        return write_atomic(self.folder / name, as_json(content))

    # ------------------------------------------------------------------------------------ parts

    @cached_property
    def rows(self) -> Rows:
        """The rows of [data]."""
        return made_rows(self.recipe.data, self.source or self.recipe.folder, self.recipe.seed)

    @cached_property
    def fitted(self) -> Any:
        """The model of [model], fitted to the rows."""
        asked: Any = self.recipe.model
        options = {"seed": self.recipe.seed, "progress": self.progress, **asked.options}
        rows = self.rows
        return built(MODELS, asked.kind, options).fit(rows.x, rows.y)

    @cached_property
    def goal(self) -> Goal:
        """The state or operator that is compiled."""
        trained = isinstance(self.recipe.target, LEARNT)
        return made_target(self.recipe, self.fitted if trained else None, self.source)

    @cached_property
    def circuit(self) -> tuple[str, dict[str, Any]]:
        """The circuit as OpenQASM 3, and how it was found."""
        asked: Any = self.recipe.compile
        if asked.method == TEXTBOOK:
            found = written(self.recipe.target)
            how = {"method": TEXTBOOK, "status": "EXACT"}
        else:
            found, how = self._searched(asked)
        return to_qasm3(rounded(found)), {**how, "seed": self.recipe.seed}

    def _scores(self) -> dict[str, float]:
        """Return what the trained model behind a target reaches on its test rows."""
        if not isinstance(self.recipe.target, LEARNT):
            return {}
        rows = self.rows
        return {"score of the model": share(self.fitted.score(rows.x_test, rows.y_test))}

    def _searched(self, asked: schema.Compile) -> tuple[QuantumCircuit, dict[str, Any]]:
        from qtn.aqc import compile

        result = compile(
            self.goal,
            self._method(),
            min_fidelity=asked.min_fidelity,
            seed=self.recipe.seed,
            progress=self.progress,
        )
        how = {"method": result.provenance["method"], "status": result.status.name}
        return result.circuit, how

    def _techniques(self) -> list[Any]:
        asked = self.recipe.mitigate
        named = () if asked is None else asked.techniques
        return [built(TECHNIQUES, technique.name, technique.options) for technique in named]

    def _method(self) -> Any:
        asked: Any = self.recipe.compile
        options = dict(asked.options)
        if asked.method == "Auto":
            options.setdefault("seconds", LONG)
        return built(METHODS, asked.method, options)


def machine() -> str:
    """Return the system and the processor, on whose arithmetic last digits depend."""
    return f"{platform.system()} {platform.machine()} {llvmlite.binding.get_host_cpu_name()}"


def _values(observables: list[str], found: Any) -> dict[str, Any]:
    """Return the values of observables with their standard errors, by their labels."""
    pairs = zip(np.ravel(found.value), np.ravel(found.stderr), strict=True)
    values = [{"value": float(value), "stderr": float(error)} for value, error in pairs]
    return {"values": dict(zip(observables, values, strict=True))}
