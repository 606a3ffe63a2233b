"""The door `mitigate`: plan, run, estimate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Required, TypedDict, Unpack, overload

from qiskit import QuantumCircuit

from qtn._machine import few_threads
from qtn._progress import checked_progress
from qtn.devices import Budget, Transpiled
from qtn.devices.lookup import DeviceLike
from qtn.devices.record.ledger import LedgerLike, checked_ledger
from qtn.estimate import Estimate
from qtn.interop.observables import ObservableLike
from qtn.mitigation.measuring import measure
from qtn.mitigation.planning import plan
from qtn.mitigation.shot_budget import ShotBudget
from qtn.mitigation.techniques.base import Technique

if TYPE_CHECKING:
    from qtn.aqc import Compiled


class MitigateOptions(TypedDict, total=False):
    """The options of `mitigate`, for type checkers; the function itself documents them."""

    device: Required[DeviceLike]
    shots: int | ShotBudget
    seed: int
    budget: Budget | None
    ledger: LedgerLike
    progress: bool | None


@overload
def mitigate(
    circuit: QuantumCircuit | Transpiled | Compiled | str,
    observable: ObservableLike,
    techniques: Technique | Iterable[Technique] | str = (),
    **options: Unpack[MitigateOptions],
) -> Estimate[float]: ...
@overload
def mitigate(
    circuit: Any,
    observable: ObservableLike | Sequence[ObservableLike],
    techniques: Technique | Iterable[Technique] | str = (),
    **options: Unpack[MitigateOptions],
) -> Estimate[Any]: ...
@few_threads(1)
def mitigate(
    circuit: Any,
    observable: ObservableLike | Sequence[ObservableLike],
    techniques: Technique | Iterable[Technique] | str = (),
    *,
    device: DeviceLike,
    shots: int | ShotBudget = 4096,
    seed: int = 0,
    budget: Budget | None = None,
    ledger: LedgerLike = None,
    progress: bool | None = None,
) -> Estimate[Any]:
    """Measure an expectation value on a noisy device and remove what can be removed of the noise.

    Args:
        circuit: a `QuantumCircuit`, a compiled result or OpenQASM text, whose measurements, if
            any, are at its end; a circuit transpiled by `qtn.devices.transpile_for`; or a pair of
            either with parameter values of shape (bindings, parameters), or by name as a mapping
            or `BindingsArray`.
        observable: `SparsePauliOp`, `SparseObservable` (projectors: `"0" * n` is the probability
            of all zeros), `Pauli`, label or mapping of labels to coefficients, on the qubits of
            `circuit`; or a list of these, which share shots and calibration.
        techniques: any of `Readout()`, `ZNE()`, …, in any order; empty measures plainly; "auto"
            chooses by the device's reported errors, the observable and the budget, and moves a
            value that no state has (by noise alone) to the nearest one that the terms allow.
        device: anything that `qtn.run` takes.
        shots: executions of every circuit and binding (shared by its random copies), or a
            `ShotBudget` per measurement basis with calibration and training included.
        seed: seed of simulation, transpilation and random circuits.
        budget: the most that all runs of this call may take together; checked before the first.
            Devices that may cost something need one beyond 100,000 shots.
        ledger: a folder or `Ledger` to record the runs in; the same call made again, after a crash
            or Ctrl-C too, takes up what it has, and nothing is submitted or paid twice. None
            records runs on remote devices in the user's own ledger, and simulations not at all;
            False records nothing.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        Value and standard error: arrays over bindings for a sweep, and with a list of observables
        the last axis runs over them (their errors are not independent). The error holds shot noise
        and calibration noise, propagated through correction and extrapolation, and is widened where
        the data do not follow the fit; it does not hold the bias that a technique leaves unseen. A
        constant observable is exact. `method` names what was done, fallbacks included.

    Raises:
        ArgumentError: a technique, observable, circuit or number that cannot be used.
        BudgetError: the plan exceeds the budget, or needs one.
        DeviceError: the device cannot take the circuits.
        FileError: the ledger cannot be written; then nothing was submitted.

    Cost: printed by `qtn.mitigation.plan(...)` with the same arguments.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2); _ = bell.h(0); _ = bell.cx(0, 1)
        >>> mitigate(bell, "ZZ", device="aer", shots=100, progress=False).value
        1.0
    """
    checked_progress(progress)
    checked_ledger(ledger)
    prepared = plan(
        circuit, observable, techniques, device=device, shots=shots, seed=seed, budget=budget
    )
    return measure(prepared, ledger=ledger, progress=progress).estimate()
