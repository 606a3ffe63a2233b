"""Groups of options that belong together: one parameter of a command, several of the command line.

A group is a dataclass whose fields are options as typer reads them. A command that `takes` groups
has one parameter for each and lists its own options beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from qtn.data import Dataset
    from qtn.devices import Budget
    from qtn.hybrid import QuantumClassifier

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, no more.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random.")]
Shots = Annotated[int, typer.Option(help="Executions per circuit.")]
Layers = Annotated[int, typer.Option(help="Staircases of two-qubit gates.")]
Classes = Annotated[str, typer.Option(metavar="DIGIT...", help="Digits to tell apart, or all.")]
Size = Annotated[int, typer.Option(help="Pixels per side: 2, 4 or 8. One qubit per pixel.")]
Label = Annotated[int | None, typer.Option(help="Class of a classifier whose state is meant.")]
DeviceName = Annotated[str, typer.Option(help="aer, tensor, FakeAlgiers, ...")]
DataName = Annotated[str, typer.Option(help="Data set: digits.")]


def takes(**groups: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Put the options of each group in the place of the parameter of its name.

    Args:
        groups: per parameter of the command the dataclass that it holds.
    """

    def made(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        fields = {
            name: inspect.signature(group, eval_str=True).parameters
            for name, group in groups.items()
        }
        shown: list[inspect.Parameter] = []
        for name, parameter in signature.parameters.items():
            shown += fields[name].values() if name in fields else [parameter]

        @wraps(command)
        def called(**given: Any) -> None:
            held = {
                name: group(**{field: given.pop(field) for field in fields[name]})
                for name, group in groups.items()
            }
            command(**given, **held)

        # typer reads both.
        called.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in shown}
        return called

    return made


@dataclass(frozen=True, slots=True)
class Spending:
    """The most that a command may take."""

    max_shots: Annotated[
        int | None, typer.Option("--max-shots", help="Budget: the most executions in all.")
    ] = None
    max_seconds: Annotated[
        float | None, typer.Option("--max-seconds", help="Budget: the most seconds of the device.")
    ] = None
    max_money: Annotated[
        float | None,
        typer.Option("--max-money", help="Budget: the most money, by the price table."),
    ] = None

    def budget(self) -> Budget | None:
        """Return the budget that the options name; None without any."""
        from qtn.devices import Budget

        limits = (self.max_shots, self.max_seconds, self.max_money)
        if limits == (None, None, None):
            return None
        return Budget(shots=self.max_shots, seconds=self.max_seconds, money=self.max_money)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows come from."""

    data: DataName = "digits"
    size: Size = 4
    classes: Classes = "0 1"

    def load(self, seed: int) -> Dataset:
        """Return the rows."""
        from qtn.cli.files import dataset, digits_to_keep

        return dataset(self.data, self.size, digits_to_keep(self.classes), seed)


@dataclass(frozen=True, slots=True)
class Deployment:
    """How a classifier becomes a quantum model."""

    layers: Layers = 2
    device: DeviceName = "aer"
    shots: Shots = 4096
    mitigate: Annotated[bool, typer.Option(help="Mitigate readout errors and noise.")] = True
    seed: Seed = 0

    def of(self, model: Any, budget: Budget | None, progress: bool | None) -> QuantumClassifier:
        """Return the deployed model; a device without noise needs no mitigation."""
        import qtn

        noisy = self.device not in ("aer", "aer-gpu", "tensor")
        return qtn.deploy(
            model,
            qtn.Staircase(layers=self.layers),
            device=self.device,
            shots=self.shots,
            mitigation=(qtn.Readout(), qtn.ZNE()) if self.mitigate and noisy else (),
            seed=self.seed,
            budget=budget,
            progress=progress,
        )
