"""Foreign backends and samplers: counts taken so that missing data is never read as zeros."""

from __future__ import annotations

import dataclasses
import json
import re
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.primitives import (
    BackendSamplerV2,
    BaseEstimatorV2,
    BaseSamplerV2,
    BitArray,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.providers import BackendV2
from qiskit.transpiler import Target
from qiskit_aer.backends.aerbackend import AerBackend

from qtn._optional import require
from qtn._secrets import masked
from qtn.devices.engines.aer import leaves_unbound
from qtn.devices.engines.base import JobFailedError, Pub, Raw, RemoteEngine
from qtn.devices.engines.experiments import bits_of_experiment, check_result
from qtn.devices.measurements import bits_of
from qtn.errors import DeviceError, QtnError

__all__ = [
    "BackendEngine",
    "PrimitiveEngine",
    "SamplerEngine",
    "backend_of",
    "bits_of_experiment",
    "dies_with_process",
    "options_text",
    "own_engine",
    "result_of",
    "sampler_engine",
    "scrubbed",
    "target_of",
]


# modules of backends that cost nothing
SIMULATED = (
    *("qiskit_aer.", "qiskit.providers.fake_provider", "qiskit.providers.basic_provider"),
    "qiskit_ibm_runtime.fake_provider",
)


class ProviderEngine(RemoteEngine):
    """A device that hands out job objects, and perhaps finds them again by their ids."""

    retrieve: Callable[[str], Any] | None = None

    def __init__(self, name: str, target: Target | None) -> None:
        super().__init__(name, target)
        self._jobs: dict[str, Any] = {}

    def _awaited(self, pubs: Sequence[Pub], shots: int, seed: int) -> tuple[Sequence[Raw], str]:
        try:
            return super()._awaited(pubs, shots, seed)
        except QtnError:
            raise
        except Exception as error:
            raise DeviceError(
                f"{self.name} could not run the circuits: {scrubbed(error)}. Correct what it says, "
                "or take another device."
            ) from None

    def usage(self, job_id: str) -> float | None:
        return _usage(self._job(job_id))

    def cancel(self, job_id: str) -> Any:
        return self._job(job_id).cancel()

    def status(self, job_id: str) -> str:
        return status_of(self._job(job_id))

    def forget(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)

    def _kept(self, job: Any) -> str:
        told = job.job_id()
        if told is None or not str(told).strip():
            raise DeviceError(f"{self.name} accepted a job and told no id for it.")
        self._jobs[str(told)] = job
        return str(told)

    def _job(self, job_id: str) -> Any:
        if job_id in self._jobs:
            return self._jobs[job_id]
        if self.retrieve is None:
            raise JobFailedError(
                f"Job {job_id} ended with the process that started it; {self.name} keeps none. "
                "Submit it again with `qtn jobs resume --resubmit`."
            )
        return self.retrieve(job_id)


class PrimitiveEngine(ProviderEngine):
    """A `BaseSamplerV2` or `BaseEstimatorV2`, with whatever options its owner set.

    Args:
        primitive: the object; session, twirling and resilience options stay as they are.
    """

    def __init__(self, primitive: BaseSamplerV2 | BaseEstimatorV2) -> None:
        self.backend = backend_of(primitive)
        self._service: Any = getattr(primitive, "_service", None)
        name = getattr(self.backend, "name", None)
        label = type(primitive).__name__ + (f" on {name}" if isinstance(name, str) else "")
        super().__init__(label, target_of(self.backend))
        self.local = dies_with_process(primitive)
        self.paid = not self.local or not computed_here(self.backend)
        self.search_is_complete = self.local
        self.options = options_text(primitive)
        self._pure = isinstance(primitive, StatevectorSampler | StatevectorEstimator)
        self._aer = type(primitive).__module__.startswith("qiskit_aer.")
        options: Any = getattr(primitive, "options", None)
        self._environment = getattr(options, "environment", None)
        # the owner's own limit, which the provider keeps
        self.capped = isinstance(getattr(options, "max_execution_time", None), int | float)
        self.retrieve = getattr(self._service, "job", None)

    @abstractmethod
    def start(self, pubs: Sequence[Pub], shots: int) -> Any:
        """Hand the work to the primitive and return its job."""

    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        if self._pure and any("reset" in pub.circuit.count_ops() for pub in pubs):
            raise DeviceError(
                f"{self.name} draws the outcome of a reset once for all shots, so its results for "
                'circuits with resets would be wrong. Take device="aer".'
            )
        if self._aer and any(p.values is not None and leaves_unbound(p.circuit) for p in pubs):
            raise DeviceError(
                f"{self.name} leaves free parameters of controlled rotations and phases unbound, "
                'so its results would be wrong. Take device="aer", or write them as rotations and '
                "CX (circuit.decompose())."
            )
        tags = getattr(self._environment, "job_tags", None)
        if tag and self._environment is not None:
            self._environment.job_tags = [*(tags or []), tag]
        try:
            job = self.start(pubs, shots)
        finally:
            if tag and self._environment is not None:
                self._environment.job_tags = tags
        return self._kept(job)

    def find(self, tag: str) -> list[str]:
        if self.local or not hasattr(self._service, "jobs"):
            return []
        return ids_with_tag(self._service.jobs(job_tags=[tag]), tag)


class SamplerEngine(PrimitiveEngine):
    """Any `BaseSamplerV2`."""

    def __init__(self, sampler: BaseSamplerV2) -> None:
        super().__init__(sampler)
        self.sampler = sampler

    def start(self, pubs: Sequence[Pub], shots: int) -> Any:
        work = [(p.circuit,) if p.values is None else (p.circuit, p.values) for p in pubs]
        return self.sampler.run(work, shots=shots)

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[BitArray], str]:
        entries = list(result_of(self._job(job_id)))
        found = [bits_of(r.data, p.circuit) for r, p in zip(entries, pubs, strict=False)]
        if len(entries) != len(pubs) or any(b.num_shots != shots for b in found):
            raise DeviceError(
                f"Job {job_id} returned {len(entries)} results for {len(pubs)} circuits, or "
                f"another number of shots than {shots}. The partial result is not used."
            )
        return found, f"{self.name}: given by the caller"


class BackendEngine(ProviderEngine):
    """Any `BackendV2` with a `run` method, bound circuits in jobs of at most `max_circuits`."""

    def __init__(self, backend: BackendV2, run_options: dict[str, Any] | None = None) -> None:
        super().__init__(str(backend.name), target_of(backend))
        self.backend = backend
        most = backend.max_circuits
        self.batch = most if isinstance(most, int) and most > 0 else RemoteEngine.batch
        self.local = isinstance(backend, AerBackend) or not hasattr(backend, "retrieve_job")
        self.paid = not computed_here(backend)
        # a tag that the backend does not take was never sent, and finds nothing
        self._searchable = hasattr(backend, "jobs") and hasattr(backend.options, "job_tags")
        told = self._searchable and bool(getattr(backend, "search_is_complete", False))
        self.search_is_complete = self.local or told
        self._run_options = run_options or {}
        self.retrieve = getattr(backend, "retrieve_job", None)

    def submit(self, pubs: Sequence[Pub], shots: int, seed: int, tag: str) -> str:
        options: dict[str, Any] = dict(self._run_options)
        wanted = {"memory": True, "seed_simulator": seed, "job_tags": [tag]}
        options |= {k: v for k, v in wanted.items() if hasattr(self.backend.options, k)}
        job = self.backend.run(bound_circuits(pubs), shots=shots, **options)
        return self._kept(job)

    def find(self, tag: str) -> list[str]:
        if not self._searchable:
            return []
        return ids_with_tag(self.backend.jobs(job_tags=[tag]), tag)

    def collect(
        self, job_id: str, pubs: Sequence[Pub], shots: int, seed: int
    ) -> tuple[list[BitArray], str]:
        result = result_of(self._job(job_id))
        circuits = bound_circuits(pubs)
        check_result(result, job_id, len(circuits))
        arrays = [
            bits_of_experiment(result, k, circuit, shots, seed)
            for k, circuit in enumerate(circuits)
        ]
        return regroup(arrays, pubs), f"{self.name}: its own run method"


def own_engine(backend: BackendV2) -> RemoteEngine:
    """Return the engine of a backend: IBM's through its sampler, others through `run`."""
    if any(base.__name__ == "IBMBackend" for base in type(backend).__mro__):
        client = require("qiskit_ibm_runtime.executor_sampler", "ibm")
        return SamplerEngine(client.Sampler(mode=backend))
    return BackendEngine(backend)


def sampler_engine(sampler: BaseSamplerV2) -> RemoteEngine:
    """Return the engine of a sampler.

    Qiskit's own wrapper of backends reads results without per-shot memory as all zeros, so its
    backend is used directly.
    """
    if type(sampler) is BackendSamplerV2:
        return BackendEngine(sampler.backend, sampler.options.run_options)
    return SamplerEngine(sampler)


def bound_circuits(pubs: Sequence[Pub]) -> list[QuantumCircuit]:
    """Bind every set of values; the order is circuit by circuit, binding by binding."""
    bound = []
    for pub in pubs:
        rows = [None] if pub.values is None else list(pub.values)
        bound += [pub.circuit if r is None else pub.circuit.assign_parameters(r) for r in rows]
    return bound


def regroup(arrays: list[NDArray[np.uint8]], pubs: Sequence[Pub]) -> list[BitArray]:
    """Undo `bound_circuits` for the packed bits of each bound circuit."""
    found, start = [], 0
    for pub in pubs:
        part = arrays[start : start + pub.bindings]
        start += pub.bindings
        array = part[0] if pub.values is None else np.stack(part)
        found.append(BitArray(array, pub.circuit.num_clbits))
    return found


def backend_of(sampler: BaseSamplerV2 | BaseEstimatorV2) -> Any:
    """Find the backend behind a sampler; a property in some clients, a method in others."""
    for attribute in ("backend", "_backend"):
        found = getattr(sampler, attribute, None)
        if callable(found) and not isinstance(found, BackendV2):
            found = found()
        if isinstance(found, BackendV2):
            return found
    return None


def target_of(backend: Any) -> Target | None:
    """Return the target of a device; None where any circuit of simulator gates can run."""
    target = getattr(backend, "target", None)
    if isinstance(target, Target) and (target.build_coupling_map() is not None or _strict(target)):
        return target
    return None


def _strict(target: Target) -> bool:
    """Say whether a target without couplings still restricts the gates (ions: all to all)."""
    return not {"h", "u", "cx"} <= set(target.operation_names)


def dies_with_process(sampler: BaseSamplerV2 | BaseEstimatorV2) -> bool:
    """Say whether a primitive computes here, so that its jobs are neither paid for nor kept."""
    service = getattr(sampler, "_service", None)
    if service is not None:
        return bool(getattr(service, "is_local", False))
    return type(sampler).__module__.split(".")[0] in ("qiskit", "qiskit_aer", "qtn")


def options_text(primitive: Any) -> str:
    """Write the options of a primitive as JSON, so that other options make another request.

    Tags and log levels do not change what is computed and are left out.
    """
    options: Any = getattr(primitive, "options", None)
    if hasattr(options, "model_dump"):
        told: dict[str, Any] = options.model_dump()
    elif dataclasses.is_dataclass(options) and not isinstance(options, type):
        told = dataclasses.asdict(options)
    else:
        return ""
    told.pop("environment", None)
    text = json.dumps(told, sort_keys=True, default=_plain)
    return re.sub(r"0x[0-9a-f]{6,}", "", text)


def _plain(option: Any) -> Any:
    return option.to_dict() if hasattr(option, "to_dict") else repr(option)


def computed_here(backend: Any) -> bool:
    """Say whether a backend is known to be a simulator of this machine, at no cost."""
    modules = {base.__module__ for base in type(backend).__mro__}
    return backend is None or any(module.startswith(SIMULATED) for module in modules)


def ids_with_tag(jobs: Any, tag: str) -> list[str]:
    """Return the ids of the jobs that carry `tag`, where they tell what they carry.

    A provider that does not know the filter returns jobs of others.
    """
    found = []
    for job in jobs:
        tags = getattr(job, "tags", None)
        tags = tags() if callable(tags) else tags
        if not isinstance(tags, list | tuple | set) or tag in tags:
            found.append(str(job.job_id()))
    return found


def status_of(job: Any) -> str:
    """Return a job's status as one word: DONE, CANCELLED, ERROR, or the provider's own."""
    status = job.status()
    word = str(getattr(status, "name", status)).upper()
    return {"COMPLETED": "DONE", "FAILED": "ERROR", "CANCELED": "CANCELLED"}.get(word, word)


def result_of(job: Any) -> Any:
    """Return a job's result; a job that the provider has given up raises `JobFailedError`."""
    try:
        return job.result()
    except JobFailedError:
        raise
    except Exception as error:
        status = status_of(job)
        if status in ("ERROR", "CANCELLED"):
            reason = scrubbed(error)
            raise JobFailedError(
                f"Job {job.job_id()} ended with status {status}: {reason}. See `qtn jobs show`; "
                "`qtn jobs resume --resubmit` submits (and pays) again."
            ) from None
        raise


def _usage(job: Any) -> float | None:
    """Return the seconds that a job reports as used; zero stands for not accounted for yet."""
    if not callable(getattr(job, "usage", None)):
        return None
    told = job.usage()
    return float(told) if isinstance(told, int | float) and told > 0 else None


def scrubbed(error: BaseException) -> str:
    """Return an error's text without anything that looks like a credential."""
    try:
        reason = str(error)
    except Exception:  # an error that cannot even be printed is still an error
        reason = "(no readable text)"
    return masked(f"{type(error).__name__}: {reason}".splitlines()[0])[:300].rstrip(".")
