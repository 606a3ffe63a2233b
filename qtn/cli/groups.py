"""Groups of options that belong together: one parameter of a command, several of the command line.

A group is a dataclass whose fields are options as typer reads them. A command that `takes` groups
has one parameter for each and lists its own options beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtn.cli.named import METHODS, TECHNIQUES, words
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    from qtn.aqc import Method
    from qtn.data import Dataset
    from qtn.devices import Budget

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, no more.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Shots = Annotated[int, typer.Option(help="Executions per circuit.")]
Classes = Annotated[
    list[str] | None,
    typer.Option(metavar="LABELS", help="Labels to keep: 3,8 (or given several times), or all."),
]
Label = Annotated[
    str | None, typer.Option(help="Class (or output) of a model whose state is meant.")
]
DeviceName = Annotated[
    str,
    typer.Option(
        help="aer, tensor, FakeAlgiers, ibm_..., queue:FOLDER.",
        autocompletion=words("aer", "aer-gpu", "tensor", "FakeAlgiers", "FakeTorino"),
    ),
]
Layers = Annotated[int | None, typer.Option(help='Short for --method "Staircase(layers=N)".')]
MethodText = Annotated[
    str | None,
    typer.Option(
        "--method",
        help='Compile method, as "Window" or "Staircase(layers=3)".',
        autocompletion=words(*METHODS),
    ),
]
Observables = Annotated[
    list[str] | None,
    typer.Option("--observable", help='Label as ZZI, or {"ZZI": 1, "IXX": 0.5}; may be repeated.'),
]
BudgetText = Annotated[
    str | None,
    typer.Option("--budget", help="The most that may be taken, as shots=10000,seconds=60,money=5."),
]
Sha256 = Annotated[str | None, typer.Option(help="Digest of a .qpy file, which must be known.")]


def takes(**groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Put the options of each group in the place of the parameter of its name.

    Args:
        groups: per parameter of the command the dataclass that it holds.
    """

    def made(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        options = {
            name: inspect.signature(group, eval_str=True).parameters
            for name, group in groups.items()
        }
        shown: list[inspect.Parameter] = []
        for name, parameter in signature.parameters.items():
            shown += options[name].values() if name in options else [parameter]

        @wraps(command)
        def called(**given: Any) -> None:
            held = {
                name: group(**{field: given.pop(field) for field in options[name]})
                for name, group in groups.items()
            }
            command(**given, **held)

        # typer reads both.
        called.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in shown}
        return called

    return made


@dataclass(frozen=True, slots=True)
class CircuitFile:
    """A circuit from a file."""

    circuit: Annotated[
        Path, typer.Argument(help="OpenQASM 2 or 3, .qpy, or a compiled circuit (.qtn).")
    ]
    sha256: Sha256 = None

    def load(self) -> Any:
        """Return the circuit."""
        from qtn.cli.files import circuit_of

        return circuit_of(self.circuit, self.sha256)


@dataclass(frozen=True, slots=True)
class TargetFile:
    """What is compiled."""

    target: Annotated[
        Path,
        typer.Argument(help="State, operator, model (.qtn), OpenQASM, .qpy, .npy, .npz of quimb."),
    ]
    label: Label = None
    sha256: Sha256 = None
    operator: Annotated[
        bool, typer.Option("--operator", help="Compile what a circuit does, not what it prepares.")
    ] = False

    def load(self) -> Any:
        """Return the state or the operator."""
        import qtn
        from qtn.cli.files import target_of

        found = target_of(self.target, self.label, self.sha256)
        return qtn.operator(found) if self.operator else found

    def known_label(self) -> Any:
        """Return the label as the model has it."""
        import qtn
        from qtn.cli.files import class_of

        return None if self.label is None else class_of(qtn.load(self.target), self.label)


@dataclass(frozen=True, slots=True)
class Terms:
    """Where circuits run, how often, and what that may take."""

    device: DeviceName = "aer"
    shots: Shots = 4096
    seed: Seed = 0
    budget: BudgetText = None

    def options(self) -> dict[str, Any]:
        """Return the options of `qtn.run`, `qtn.mitigate` and `qtn.mitigation.plan`."""
        from qtn.cli.named import budget

        return {
            "device": self.device,
            "shots": self.shots,
            "seed": self.seed,
            "budget": budget(self.budget),
        }


@dataclass(frozen=True, slots=True)
class Recording:
    """Where a run is recorded."""

    ledger: Annotated[
        Path | None, typer.Option(help="Folder to record the run in, of simulators too.")
    ] = None
    record: Annotated[
        bool | None,
        typer.Option(
            "--record/--no-record",
            help="Record in your own ledger, or nowhere; default: remote devices only.",
        ),
    ] = None

    def place(self) -> Any:
        """Return the ledger as `qtn.run` takes it."""
        if self.ledger is not None:
            if self.record is False:
                raise ArgumentError("Options --ledger and --no-record exclude each other.")
            return self.ledger
        if self.record:
            from qtn.devices import Ledger

            return Ledger(None)
        return self.record


@dataclass(frozen=True, slots=True)
class Answer:
    """How the answer is given."""

    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print circuits, shots, time, cost; run nothing.")
    ] = False
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write, the same whenever it is made.")
    ] = None
    as_json: Json = False

    def check(self) -> None:
        """Raise before the work where the file could not be written."""
        from qtn.cli.files import check_writable

        if self.out is not None:
            check_writable(self.out)

    def give(self, record: dict[str, Any], lines: list[str], measured: dict[str, Any]) -> None:
        """Write the record without what a clock determines, and print it."""
        import json

        from qtn._io import write_atomic
        from qtn.cli.output import plain, show

        if self.out is not None:
            write_atomic(self.out, json.dumps(plain(record), indent=2) + "\n")
            lines = [*lines, f"wrote {self.out}"]
        show({**record, "measured": measured}, lines, self.as_json)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from."""

    data: Annotated[
        str, typer.Option(help="digits, or a file: .csv, .tsv, .npz, images in IDX.")
    ] = "digits"
    label_column: Annotated[
        str,
        typer.Option(
            help="Column of the labels by name or number, array, or IDX file; none for no labels."
        ),
    ] = "auto"
    classes: Classes = None
    size: Annotated[
        int | None, typer.Option(help="Pixels per side that images are averaged to; digits: 4.")
    ] = None

    def load(self, seed: int, classes: list[Any] | None = None) -> Dataset:
        """Return the rows; `classes` holds where the option is not given."""
        from qtn.cli.files import dataset, labels_to_keep

        kept: Any = labels_to_keep(self.classes)
        if self.classes is None:
            kept = classes or ((0, 1) if self.data == "digits" else "all")
        label = None if self.label_column == "none" else self.label_column
        return dataset(self.data, self.size, kept, label, seed)


@dataclass(frozen=True, slots=True)
class Search:
    """How a circuit is searched: a method by name, or `Auto` with its goals and limits."""

    method: MethodText = None
    layers: Layers = None
    max_gates: Annotated[
        int | None, typer.Option(help="Largest number of two-qubit gates.", min=1)
    ] = None
    max_depth: Annotated[
        int | None, typer.Option(help="Largest depth of two-qubit gates.", min=1)
    ] = None
    infidelity: Annotated[float | None, typer.Option(help="Goal at which the search ends.")] = None
    seconds: Annotated[float | None, typer.Option(help="CPU seconds that it may take.")] = None
    device: Annotated[
        str | None, typer.Option(help="Choose by the noise of this device, in its gates.")
    ] = None
    basis: Annotated[
        str | None,
        typer.Option(
            help="Two-qubit gate: cx, cz, ecr or rzz.",
            autocompletion=words("cx", "cz", "ecr", "rzz"),
        ),
    ] = None

    def chosen(self) -> Method | None:
        """Return the method; None, which is Python's default, where no option is given.

        Raises:
            ArgumentError: options that the method has not got.
        """
        given = {
            "max_two_qubit_gates": self.max_gates,
            "max_depth": self.max_depth,
            "infidelity": self.infidelity,
            "seconds": self.seconds,
            "device": self.device,
            "basis": self.basis,
        }
        given = {name: value for name, value in given.items() if value is not None}
        found = compile_method(self.method, self.layers)
        if found is None and not given:
            return None
        from qtn.aqc import Auto

        found = Auto() if found is None else found
        known = {f.name for f in fields(found)}  # type: ignore[arg-type]
        own = known if isinstance(found, Auto) else known & {"basis", "seconds"}
        for name in given:
            if name not in own:
                option = {"max_two_qubit_gates": "max-gates"}.get(name, name.replace("_", "-"))
                raise ArgumentError(
                    f"Option --{option} is for Auto, but the method is {type(found).__name__}. "
                    "Leave one of the two out."
                )
        return replace(found, **given)  # type: ignore[type-var]


def compile_method(method: str | None, layers: int | None) -> Method | None:
    """Return the method of `--method` or of `--layers`; None for neither."""
    if layers is not None:
        if method is not None:
            raise ArgumentError("Options --method and --layers exclude each other: give one.")
        from qtn.aqc import Staircase

        return Staircase(layers=layers)
    if method is None:
        return None
    from qtn.cli.named import method as named

    return named(method)


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a classifier becomes a quantum model."""

    method: MethodText = None
    layers: Layers = None
    device: DeviceName = "aer"
    shots: Shots = 4096
    mitigate: Annotated[
        list[str] | None,
        typer.Option(
            "--mitigate",
            help='Techniques, as "Readout,ZNE"; may be repeated.',
            autocompletion=words(*TECHNIQUES),
        ),
    ] = None
    seed: Seed = 0

    def of(self, model: Any, budget: Budget | None, progress: bool | None) -> Any:
        """Return the deployed model."""
        import qtn
        from qtn.cli.named import techniques

        chosen: Any = techniques(self.mitigate or ())  # "auto" is refused there
        return qtn.deploy(
            model,
            compile_method(self.method, self.layers),
            device=self.device,
            shots=self.shots,
            mitigation=chosen,
            seed=self.seed,
            budget=budget,
            progress=progress,
        )
