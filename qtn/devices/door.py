"""`qtn.run`: circuits and parameter sweeps on any device, counts or expectation values back."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, Literal, overload

from qtn._checks import fail, file_path, flag, pool, positive_int
from qtn._progress import checked_progress, progress_bar
from qtn.devices.budget import Budget, Plan, check_budget, make_plan
from qtn.devices.counts import terms_of
from qtn.devices.engines.estimators import check_estimable, check_plannable
from qtn.devices.lookup import Device, Engine, resolve
from qtn.devices.preparation import Prepared, bindings_of, finish, prepare, slices
from qtn.devices.pubs import Work, read_pubs
from qtn.devices.record.fingerprints import intent_hash
from qtn.devices.record.ledger import Ledger
from qtn.devices.record.recorded import Request, perform, recorded
from qtn.devices.result import PubResult, RunResult
from qtn.errors import ArgumentError, DeviceError

__all__ = ["run"]

MAX_SHOTS = 10_000_000
MAX_BYTES = 4 << 30
PART = 8  # batches that are prepared at once
LedgerLike = Ledger | str | os.PathLike[str] | bool | None


@overload
def run(
    circuits: Any,
    observables: Any = None,
    *,
    device: Any = "aer",
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
    executor: Executor | None = None,
    ledger: LedgerLike = None,
    dry_run: Literal[False] = False,
    progress: bool | None = None,
) -> RunResult: ...
@overload
def run(
    circuits: Any,
    observables: Any = None,
    *,
    device: Any = "aer",
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
    executor: Executor | None = None,
    ledger: LedgerLike = None,
    dry_run: Literal[True],
    progress: bool | None = None,
) -> Plan: ...
def run(
    circuits: Any,
    observables: Any = None,
    *,
    device: Any = "aer",
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
    executor: Executor | None = None,
    ledger: LedgerLike = None,
    dry_run: bool = False,
    progress: bool | None = None,
) -> RunResult | Plan:
    """Run circuits on a device and return counts, or expectation values with standard errors.

    Every circuit is transpiled once, with the layout of lowest expected error, and bound as often
    as there are parameter values. Expectation values are always taken from counts, so that the
    readout error of the device is in them; products that can be read off the same shots share
    them.

    Runs on devices of others are written to a ledger before and after every submission. The same
    call made again, in this process or after a crash, takes up what the ledger has: finished
    results are returned, submitted jobs are waited for, and nothing is submitted twice. A new
    `seed` makes a new request.

    Args:
        circuits: a `QuantumCircuit`; a pair `(circuit, values)` with values of shape
            (bindings, parameters), columns in the order of `circuit.parameters`, or by name as a
            mapping or `BindingsArray`; or a list of either. A `Transpiled` (from `transpile_for`,
            perhaps folded) may stand for a circuit and runs as it is. A circuit without
            measurements is measured on all qubits. Beside observables, measurements at the end of
            a circuit change nothing, and others are refused.
        observables: a `SparsePauliOp` or `SparseObservable` on the circuit's own qubits (the
            layout is applied), or a list of them; each is measured on every circuit. A
            `QuantumCircuit` that was transpiled already is taken as it stands: its own qubits are
            then those of the device, as for Qiskit's primitives (`qtn.verify` goes back to the
            qubits before transpilation).
        device: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend
            (simulated with its noise), `"ibm_..."` (saved account), `"queue:FOLDER"` (a local
            queue), a `BackendV2`, a `BaseSamplerV2`, a `BaseEstimatorV2` (its own values and
            errors, to the precision 1/sqrt(shots)), or a `Device`.
        shots: per circuit, binding and measurement basis.
        seed: same seed, same device, same result (simulators).
        budget: the most that may be taken; checked before anything is submitted, also where the
            ledger has a part of the run already, and kept with the run for `qtn jobs resume`.
            Devices that may cost something need one beyond 100,000 shots.
        executor: any `concurrent.futures.Executor` to spread a simulated sweep over (standard
            library, Dask's `client.get_executor()`, mpi4py); the result does not depend on it.
        ledger: a folder or `Ledger` to record the run in, so that it can be resumed; None records
            runs on devices of others in the user's own ledger, and simulations not at all; False
            records nothing.
        dry_run: return the `Plan` (circuits, depth, shots, time, cost) and run nothing.
        progress: show a bar; None shows it in a terminal or notebook.

    Returns:
        `RunResult`: `.counts()`, `.bits`, `.values` (one `Estimate` per circuit, over bindings;
        with a list of observables the last axis runs over them), `.circuits`, `.engine`.

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
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0), bell.cx(0, 1)
        >>> run(bell, SparsePauliOp("ZZ"), shots=1000).values[0].value
        1.0
    """
    started = time.perf_counter()
    shots = positive_int(
        "shots",
        shots,
        maximum=MAX_SHOTS,
        way_out="Add the counts of several runs with different seeds; for exact values use "
        "qtn.verify.",
    )
    flag("dry_run", dry_run)
    checked_progress(progress)
    pool("executor", executor)
    check_budget(budget)
    work = read_pubs(circuits, measured_allowed=observables is None)
    asked = _observables(observables)
    single = asked is not None and not isinstance(observables, list | tuple)
    label = Device.of(device).label
    engine = resolve(device)
    if engine.gives_values:
        check_estimable(engine, asked, executor)
        if budget is not None or dry_run:
            check_plannable(engine)
    book = _ledger(ledger, engine, dry_run)
    _check_patience(device, engine, book, dry_run)
    chosen = Device.of(device).engine
    options = engine.options + ("" if chosen == "auto" else f" engine={chosen}")
    intent = "" if book is None else _intent(work, asked, label, shots, seed, options)
    if book is not None and (known := book.by_intent(intent)) is not None:
        return recorded(
            book, known, device, executor=executor, progress=progress, budget=budget, renew=True
        )
    if book is None and engine.local and budget is None and not dry_run and not engine.paid:
        here = Request(Device.of(device), [], len(asked or ()), single, shots, seed)
        found, said = _streamed(here, work, asked, engine, executor, progress)
        return RunResult(found, label, said, shots, time.perf_counter() - started)
    prepared = [prepare(w, asked, engine, seed) for w in work]
    _check_memory(_bytes(prepared, shots), shots)
    pubs = [pub for p in prepared for pub in p.pubs]
    batches = slices(pubs, engine.batch)
    plan = make_plan(prepared, engine, shots, len(batches), label)
    if dry_run:
        return plan
    plan.check(budget)
    request = Request(Device.of(device), prepared, len(asked or ()), single, shots, seed, budget)
    if book is not None:
        new = request.record(book, intent, engine, plan, len(batches))
        del prepared, pubs, batches, request  # the ledger has them, and one copy is enough
        return recorded(
            book, new, device, executor=executor, progress=progress, budget=budget, renew=True
        )
    if not engine.local:
        return _unrecorded(request, engine, plan, len(batches), executor, progress)
    raw, said = perform(request, batches, executor, progress)
    done = finish(prepared, raw, request.observables, single, shots)
    return RunResult(done, label, said, shots, time.perf_counter() - started)


def _streamed(
    terms: Request,
    work: list[Work],
    asked: list[Any] | None,
    engine: Engine,
    executor: Executor | None,
    progress: bool | None,
) -> tuple[tuple[PubResult, ...], str]:
    """Prepare, run and estimate part by part, so that measured circuits do not pile up.

    A part ends where a batch ends: the cut, and with it every random stream, is that of the whole.
    """
    found: list[PubResult] = []
    said: dict[str, None] = {}
    number = size = 0
    several = len(work) > PART * engine.batch
    with progress_bar(len(work), "run", progress if several else False) as bar:
        for prepared in _parts(work, asked, engine, terms.seed):
            part = replace(terms, prepared=prepared)
            size += _bytes(prepared, terms.shots)
            _check_memory(size, terms.shots)
            batches = slices(part.pubs, engine.batch)
            raw, how = perform(part, batches, executor, False if several else progress, number)
            number += len(batches)
            found += finish(prepared, raw, terms.observables, terms.single, terms.shots)
            said[how] = None
            bar.update(len(prepared))
    return tuple(found), "; ".join(said)


def _parts(
    work: list[Work], asked: list[Any] | None, engine: Engine, seed: int
) -> Iterator[list[Prepared]]:
    """Prepare circuits in parts of about `PART` whole batches."""
    part: list[Prepared] = []
    count = 0
    for one in work:
        part.append(prepare(one, asked, engine, seed))
        count += sum(bindings_of(pub) for pub in part[-1].pubs)
        if count >= PART * engine.batch and count % engine.batch == 0:
            yield part
            part, count = [], 0
    if part:
        yield part


def _unrecorded(
    request: Request,
    engine: Engine,
    plan: Plan,
    jobs: int,
    executor: Executor | None,
    progress: bool | None,
) -> RunResult:
    """Run on a device of others with a ledger that is gone afterwards: faults are met the same."""
    with tempfile.TemporaryDirectory(prefix="qtn-", ignore_cleanup_errors=True) as folder:
        book = Ledger(folder)
        try:
            new = request.record(book, "unrecorded", engine, plan, jobs)
            return recorded(
                *(book, new, request.device),
                executor=executor,
                progress=progress,
                budget=request.budget,
            )
        except DeviceError as error:
            raise DeviceError(
                f"{error} This run was not recorded (ledger=False), so it cannot be taken up again."
            ) from None
        finally:
            book.close()


def _observables(observables: Any) -> list[Any] | None:
    if observables is None:
        return None
    if isinstance(observables, list | tuple) and not observables:
        raise fail("observables", "an observable or a non-empty list of them", observables)
    return list(observables) if isinstance(observables, list | tuple) else [observables]


def _ledger(ledger: LedgerLike, engine: Engine, dry_run: bool) -> Ledger | None:
    if isinstance(ledger, Ledger):
        return None if dry_run else ledger
    if ledger is not None and ledger is not False:
        file_path("ledger", ledger, way_out="Or a Ledger; False records nothing.")
    if dry_run or ledger is False or (ledger is None and engine.local):
        return None
    if ledger is None:
        return Ledger(None)
    way_out = "Or a Ledger; False records nothing, None takes the user's own ledger."
    return Ledger(file_path("ledger", ledger, way_out=way_out))


def _check_patience(device: Any, engine: Engine, book: Ledger | None, dry_run: bool) -> None:
    if Device.of(device).patience is None or dry_run or (book is not None and not engine.local):
        return
    raise ArgumentError(
        "Argument `patience` needs a job that can be found again later, but this run "
        + ("is computed by this process" if engine.local else "is not recorded (ledger=False)")
        + ". Leave `patience` out, or record a run on a device that keeps its jobs."
    )


def _intent(work: list[Work], asked: list[Any] | None, *how: Any) -> str:
    terms = [t for w in work for k, o in enumerate(asked or ()) for t in terms_of(o, _qubits(w), k)]
    return intent_hash([(w.circuit, w.values) for w in work], terms, *how)


def _qubits(work: Work) -> int:
    return len(work.transpiled.qubits) if work.transpiled else work.circuit.num_qubits


def _bytes(prepared: list[Prepared], shots: int) -> int:
    """Size of the outcomes."""
    return sum(
        shots * bindings_of(pub) * -(-pub[0].num_clbits // 8) for p in prepared for pub in p.pubs
    )


def _check_memory(total: int, shots: int) -> None:
    if total > MAX_BYTES:
        raise ArgumentError(
            f"Argument `shots` is {shots}, and with all circuits and bindings the outcomes would "
            f"take {total / 2**30:.1f} GiB or more (limit {MAX_BYTES / 2**30:.0f}). "
            "Run fewer bindings at once or fewer shots."
        )
