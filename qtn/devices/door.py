"""`qtn.run`: circuits and parameter sweeps on any device, counts or expectation values back."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, Unpack, overload

from qtn._checks import flag, pool, positive_int
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.devices.budget import Budget, check_budget
from qtn.devices.costs import RunPlan, make_plan
from qtn.devices.engines.base import Engine
from qtn.devices.engines.estimators import check_estimable, check_plannable
from qtn.devices.engines.portions import PartialShots
from qtn.devices.lookup import Device, DeviceLike, resolve
from qtn.devices.preparation import Prepared, finish, prepare, slices
from qtn.devices.pubs import Work, read_pubs
from qtn.devices.record.completion import complete_run
from qtn.devices.record.fingerprints import intent_hash
from qtn.devices.record.ledger import Ledger, LedgerLike, checked_ledger
from qtn.devices.record.request import Request, perform
from qtn.devices.record.submission import Repeats
from qtn.devices.result import PubResult, RunResult
from qtn.errors import ArgumentError, DeviceError
from qtn.interop.observables import is_single, listed, products_of

__all__ = ["run"]

MAX_SHOTS = 10_000_000
MAX_BYTES = 4 << 30
PART = 8  # batches that are prepared at once


class RunOptions(TypedDict, total=False):
    """The options of `run`, for type checkers; the function itself documents them."""

    device: DeviceLike
    shots: int
    seed: int
    budget: Budget | None
    executor: Executor | None
    ledger: LedgerLike
    progress: bool | None


@overload
def run(
    circuits: Any,
    observables: Any = None,
    *,
    dry_run: Literal[False] = False,
    **options: Unpack[RunOptions],
) -> RunResult: ...
@overload
def run(
    circuits: Any, observables: Any = None, *, dry_run: Literal[True], **options: Unpack[RunOptions]
) -> RunPlan: ...
@few_threads(1)
def run(
    circuits: Any,
    observables: Any = None,
    *,
    device: DeviceLike = "aer",
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
    executor: Executor | None = None,
    ledger: LedgerLike = None,
    dry_run: bool = False,
    progress: bool | None = None,
) -> RunResult | RunPlan:
    """Run circuits on a device and return counts, or expectation values with standard errors.

    Every circuit is transpiled once, with the layout of lowest expected error, and bound as often
    as there are parameter values. Expectation values are always taken from counts, so that the
    readout error of the device is in them; products that can be read off the same shots share
    them.

    Runs on remote devices are written to a ledger before and after every submission. The same
    call made again, in this process or after a crash, takes up what the ledger has: finished
    results are returned, submitted jobs are waited for, and nothing is submitted twice. A new
    `seed` makes a new request.

    Args:
        circuits: a `QuantumCircuit`, a compiled result or OpenQASM text; a pair
            `(circuit, values)` with values of shape (bindings, parameters), columns in the order of
            `circuit.parameters`, or by name as a mapping or `BindingsArray`; or a list of either. A
            `Transpiled` (from `transpile_for`, perhaps folded) may stand for a circuit and runs as
            it is. A circuit without measurements is measured on all qubits. Beside observables,
            measurements at the end of a circuit change nothing, and others are refused.
        observables: a label, `Pauli`, `SparsePauliOp`, `SparseObservable` (projectors: `"0" * n`
            is the probability of all zeros) or mapping of labels to coefficients, on the circuit's
            own qubits (the layout is applied), or a list of them; each is measured on every
            circuit. A `QuantumCircuit` that was transpiled already is taken as it stands: its own
            qubits are then those of the device, as for Qiskit's primitives (`qtn.verify` goes back
            to the qubits before transpilation).
        device: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend
            (simulated with its noise), `"ibm_..."` (saved account), `"queue:FOLDER"` (a local
            queue), a `BackendV2`, a `BaseSamplerV2`, a `BaseEstimatorV2` (its own values and
            errors, to the precision 1/sqrt(shots)), an `Engine` of your own, or a `Device`.
        shots: per circuit, binding and measurement basis.
        seed: same seed, same device, same result (simulators).
        budget: the most that may be taken; checked before anything is submitted, also where the
            ledger has a part of the run already, and kept with the run for `qtn jobs resume`.
            Devices that may cost something need one beyond 100,000 shots.
        executor: any `concurrent.futures.Executor` to spread a simulated sweep over (standard
            library, Dask's `client.get_executor()`, mpi4py); the result does not depend on it.
        ledger: a folder or `Ledger` to record the run in, so that it can be resumed; None records
            runs on remote devices in the user's own ledger, and simulations not at all; False
            records nothing.
        dry_run: return the `RunPlan` (circuits, depth, shots, time, cost) and run nothing.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        `RunResult`: `.counts()`, `.bits`, `.values` (one `Estimate` per circuit, over bindings;
        with a list of observables the last axis runs over them), `.circuits`, `.engine`.

        Ctrl-C in a long simulation returns the shots, or the circuits, that were done, with a
        warning and as partial in `engine`; what a ledger has recorded is taken up by the same call.

    Raises:
        ArgumentError: unknown device, too few qubits, unbound parameters, wrong shape of values,
            too many shots, an observable that does not fit, observables beside measurements
            before the end.
        BudgetError: the plan exceeds the budget, or needs one.
        DeviceError: the device failed or returned unusable data.
        FileError: the ledger cannot be written; then nothing was submitted.

    Cost: one transpilation per circuit; then that of the engine, which the result names.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> run(bell, "ZZ", shots=1000).values[0].value
        1.0
    """
    started = time.perf_counter()
    flag("dry_run", dry_run)
    terms = _Terms(shots, seed, budget, executor, progress)
    order = _read(circuits, observables, device, terms)
    _check_estimator(order, dry_run)
    store = _ledger(ledger, order.engine, dry_run)
    _check_patience(order, store, dry_run)
    if store is not None:
        return _recorded(order, store)
    if order.free and not dry_run:
        found, how, taken = _streamed(order)
        return replace(order.result(found, how, started), shots=taken)
    prepared, plan = _planned(order)
    if dry_run:
        return plan
    plan.check(budget)
    request = order.request(prepared)
    if not order.engine.local:
        return _unrecorded(order, request, plan)
    batches = slices(request.pubs, order.engine.batch)
    raw, how = perform(request, batches, executor, progress)
    found = finish(prepared, raw, request.observables, order.single, terms.shots)
    return order.result(found, how, started)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for all circuits of a call, checked."""

    shots: int
    seed: int
    budget: Budget | None
    executor: Executor | None
    progress: bool | None

    def __post_init__(self) -> None:
        way_out = (
            "Add the counts of several runs with different seeds; for exact values use qtn.verify."
        )
        shots = positive_int("shots", self.shots, maximum=MAX_SHOTS, way_out=way_out)
        object.__setattr__(self, "shots", shots)
        checked_progress(self.progress)
        pool("executor", self.executor)
        check_budget(self.budget)


@dataclass(frozen=True, slots=True)
class _Order:
    """What a call of `run` asks for, read and checked."""

    work: list[Work]
    observables: list[Any] | None
    single: bool
    device: Device
    engine: Engine
    terms: _Terms

    @property
    def free(self) -> bool:
        """Whether it runs here, and nothing has to be counted before."""
        return self.engine.local and not self.engine.paid and self.terms.budget is None

    def request(self, prepared: list[Prepared]) -> Request:
        """Return the order with its circuits, or a part of them, prepared."""
        t = self.terms
        count = len(self.observables or ())
        return Request(self.device, prepared, count, self.single, t.shots, t.seed, t.budget)

    def result(self, found: tuple[PubResult, ...], how: str, started: float) -> RunResult:
        """Return what the circuits gave as the result of the whole."""
        seconds = time.perf_counter() - started
        return RunResult(found, self.device.label, how, self.terms.shots, seconds)


def _read(circuits: Any, observables: Any, device: Any, terms: _Terms) -> _Order:
    """Read what is to run, and where."""
    work = read_pubs(circuits, measured_allowed=observables is None)
    each = None if observables is None else listed(observables)
    where = Device.of(device)
    return _Order(work, each, is_single(observables), where, resolve(where), terms)


def _check_estimator(order: _Order, dry_run: bool) -> None:
    if order.engine.gives_values:
        check_estimable(order.engine, order.observables, order.terms.executor)
        if order.terms.budget is not None or dry_run:
            check_plannable(order.engine)


def _planned(order: _Order) -> tuple[list[Prepared], RunPlan]:
    """Prepare all circuits and count what they take."""
    shots = order.terms.shots
    prepared = [prepare(w, order.observables, order.engine, order.terms.seed) for w in order.work]
    _check_memory(_bytes(prepared, shots), shots)
    jobs = len(slices([pub for p in prepared for pub in p.pubs], order.engine.batch))
    return prepared, make_plan(prepared, order.engine, shots, jobs, order.device.label)


def _recorded(order: _Order, store: Ledger) -> RunResult:
    """Take up the run of the same order that the ledger has, or enter a new one; bring it home."""
    intent = _intent(order)
    run = store.by_intent(intent)
    if run is None:  # once entered, the ledger has the circuits, and one copy is enough
        prepared, plan = _planned(order)
        plan.check(order.terms.budget)
        run = order.request(prepared).record(store, intent, order.engine, plan)
        del prepared
    return complete_run(
        *(store, run, order.device),
        executor=order.terms.executor,
        progress=order.terms.progress,
        budget=order.terms.budget,
        again=Repeats(cancelled=True),
    )


def _streamed(order: _Order) -> tuple[tuple[PubResult, ...], str, int]:
    """Prepare, run and estimate part by part, so that measured circuits do not pile up.

    A part ends where a batch ends: the cut, and with it every random stream, is that of the whole.
    The last number is the shots per circuit, fewer than asked for after Ctrl-C.
    """
    found: list[PubResult] = []
    ways: dict[str, None] = {}
    number = size = 0
    shots, executor, progress = order.terms.shots, order.terms.executor, order.terms.progress
    several = len(order.work) > PART * order.engine.batch
    with progress_bar(len(order.work), "run", progress if several else False) as bar:
        for prepared in _parts(order):
            part = order.request(prepared)
            size += _bytes(prepared, shots)
            _check_memory(size, shots)
            batches = slices(part.pubs, order.engine.batch)
            try:
                raw, how = perform(part, batches, executor, False if several else progress, number)
            except KeyboardInterrupt as stop:
                if not found and isinstance(stop, PartialShots) and len(batches) == 1:
                    return _partial_shots(order, prepared, stop)
                if not found:
                    raise
                _warn_partial(f"{len(found)} of {len(order.work)} circuits")
                ways[f"partial: {len(found)} of {len(order.work)} circuits"] = None
                break
            number += len(batches)
            found += finish(prepared, raw, part.observables, order.single, shots)
            ways[how] = None
            bar.update(len(prepared))
    return tuple(found), "; ".join(ways), shots


def _partial_shots(
    order: _Order, prepared: list[Prepared], stop: PartialShots
) -> tuple[tuple[PubResult, ...], str, int]:
    """Return what was measured before Ctrl-C, named as a part."""
    observables = len(order.observables or ())
    found = finish(prepared, stop.bits, observables, order.single, stop.shots)
    part = f"{stop.shots} of {order.terms.shots} shots"
    _warn_partial(part)
    return found, f"{stop.how}; partial: {part}", stop.shots


def _warn_partial(what: str) -> None:
    warnings.warn(f"The run was interrupted: its result is partial, {what}.", stacklevel=4)


def _parts(order: _Order) -> Iterator[list[Prepared]]:
    """Prepare circuits in parts of about `PART` whole batches."""
    part: list[Prepared] = []
    count = 0
    for one in order.work:
        part.append(prepare(one, order.observables, order.engine, order.terms.seed))
        count += sum(pub.bindings for pub in part[-1].pubs)
        if count >= PART * order.engine.batch and count % order.engine.batch == 0:
            yield part
            part, count = [], 0
    if part:
        yield part


def _unrecorded(order: _Order, request: Request, plan: RunPlan) -> RunResult:
    """Run on a remote device with a ledger that is gone afterwards: faults are met the same."""
    with tempfile.TemporaryDirectory(prefix="qtn-", ignore_cleanup_errors=True) as folder:
        store = Ledger(folder)
        try:
            new = request.record(store, "unrecorded", order.engine, plan)
            return complete_run(
                *(store, new, order.device),
                executor=order.terms.executor,
                progress=order.terms.progress,
                budget=order.terms.budget,
            )
        except DeviceError as error:
            raise DeviceError(
                f"{error} This run was not recorded (ledger=False), so it cannot be taken up again."
            ) from None
        finally:
            store.close()


def _ledger(ledger: LedgerLike, engine: Engine, dry_run: bool) -> Ledger | None:
    given = checked_ledger(ledger)
    if dry_run or given is False or (given is None and engine.local):
        return None
    return given if isinstance(given, Ledger) else Ledger(given)


def _check_patience(order: _Order, store: Ledger | None, dry_run: bool) -> None:
    local = order.engine.local
    if order.device.patience is None or dry_run or (store is not None and not local):
        return
    raise ArgumentError(
        "Argument `patience` needs a job that can be found again later, but this run "
        + ("is computed by this process" if local else "is not recorded (ledger=False)")
        + ". Leave `patience` out, or record a run on a device that keeps its jobs."
    )


def _intent(order: _Order) -> str:
    """Return the hash that two calls share if they ask for the same."""
    terms = [
        (k, term)
        for w in order.work
        for k, one in enumerate(order.observables or ())
        for term in products_of(one, _qubits(w), "observables")
        if term.coefficient
    ]
    circuits = [(w.circuit, w.values) for w in order.work]
    chosen = order.device.engine
    options = order.engine.options + ("" if chosen == "auto" else f" engine={chosen}")
    how = (order.device.label, order.terms.shots, order.terms.seed, options)
    return intent_hash(circuits, terms, *how)


def _qubits(work: Work) -> int:
    return len(work.transpiled.qubits) if work.transpiled else work.circuit.num_qubits


def _bytes(prepared: list[Prepared], shots: int) -> int:
    """Size of the outcomes."""
    return sum(
        shots * pub.bindings * -(-pub.circuit.num_clbits // 8) for p in prepared for pub in p.pubs
    )


def _check_memory(total: int, shots: int) -> None:
    if total > MAX_BYTES:
        raise ArgumentError(
            f"Argument `shots` is {shots}, and with all circuits and bindings the outcomes would "
            f"take {total / 2**30:.1f} GiB or more (limit {MAX_BYTES / 2**30:.0f}). "
            "Run fewer bindings at once or fewer shots."
        )
