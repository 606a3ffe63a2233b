"""Devices by name or object: what `device=` means, and which engine will do the work."""

from __future__ import annotations

import functools
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from qiskit.primitives import BaseEstimatorV2, BaseSamplerV2
from qiskit.providers import BackendV2
from qiskit_aer.noise import NoiseModel

from qtn._checks import bounded_int, choice, fail, flag, positive_int, real
from qtn._display import Display, Displayed
from qtn._optional import require
from qtn.devices.engines.base import Engine
from qtn.devices.engines.gpu import AMPLITUDE, CPU, LIBRARIES, Aer
from qtn.devices.engines.simulators import backend_engine, fake_backend_names, named_engine
from qtn.errors import ArgumentError, DeviceError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Device", "DeviceLike", "fake_backend_names", "resolve"]

METHODS = ("auto", "aer", "tensor", "density_matrix", "statevector", "backend")
EXPECTED = "a device name, a Qiskit BackendV2, BaseSamplerV2 or BaseEstimatorV2, or an Engine"
WAY_OUT = 'For instance device="aer", device="FakeAlgiers", or a backend object of a provider.'


@dataclass(frozen=True, slots=True, repr=False)
class Device(Displayed):
    """Where circuits run, and how a simulated device is computed.

    Args:
        target: `"aer"` (noiseless), `"aer-gpu"`, `"tensor"`, the name of a fake backend such as
            `"FakeAlgiers"`, `"ibm_..."` (saved IBM account), a `BackendV2`, a `BaseSamplerV2`,
            a `BaseEstimatorV2`, or an `Engine` of your own.
        engine: for backends: `"auto"` (fake backends: simulated by the cheapest method; others:
            their own), `"backend"` (always their own), or a simulation of their noise by `"aer"`
            (best Aer method), `"density_matrix"`, `"statevector"` (Aer trajectories) or
            `"tensor"`.
        gpu: simulate `"aer"` or a backend's noise by Aer's GPU build: state vectors, density
            matrices, many shots of a noisy circuit at once; `"aer-gpu"` is `"aer"` with it.
        precision: `"double"`, or `"single"`, which holds one qubit more and is right to some 1e-6.
        library: with a GPU, `"custatevec"` for state vectors by NVIDIA's cuStateVec, or
            `"cutensornet"` for Aer's contraction of the whole circuit as a tensor network; None
            for Aer's own code. Each needs a package of its own, which is named where it is missing.
        noise: a `NoiseModel` of Aer for `"aer"` and `"aer-gpu"`; circuits are written in its gates.
        reads: how often a status or result is asked for before giving up for now; the job stays
            where it is. Submissions are never repeated.
        first_wait: seconds before the second attempt; doubled for each further one.
        patience: seconds to wait for the results of recorded jobs on a remote device before
            giving up for now, even if the provider's client never returns; the jobs stay where
            they are, and the same call takes them up again. None waits as long as it takes.

    Example:
        >>> Device("FakeAlgiers", engine="tensor").label
        'FakeAlgiers'
    """

    target: Any = "aer"
    engine: str = "auto"
    reads: int = 8
    first_wait: float = 1.0
    patience: float | None = None
    gpu: bool = False
    precision: str = "double"
    library: str | None = None
    noise: Any = field(default=None, compare=False)

    def __post_init__(self) -> None:
        kinds = (str, Engine, BackendV2, BaseSamplerV2, BaseEstimatorV2)
        if not isinstance(self.target, kinds) or self.target == "":
            raise fail("device", EXPECTED, self.target, WAY_OUT)
        choice("engine", self.engine, METHODS)
        positive_int("reads", self.reads)
        real("first_wait", self.first_wait, 0.0)
        if self.patience is not None:
            real("patience", self.patience, 0.0, way_out="None waits as long as it takes.")
        flag("gpu", self.gpu)
        choice("precision", self.precision, tuple(AMPLITUDE))
        choice("library", self.library, (None, *LIBRARIES))
        self._check_simulation()

    def _check_simulation(self) -> None:
        """Refuse settings of Aer's for what Aer does not simulate."""
        plain = isinstance(self.target, str) and self.target in ("aer", "aer-gpu")
        if self.noise is not None and not (plain and isinstance(self.noise, NoiseModel)):
            raise fail(
                "noise", 'a qiskit_aer NoiseModel for "aer" or "aer-gpu", or None', self.noise
            )
        simulated = plain or isinstance(self.target, BackendV2)
        if isinstance(self.target, str) and not plain:
            simulated = self.target != "tensor" and not self.target.startswith(("ibm_", "queue:"))
        if (self.aer.gpu or self.precision == "single") and not simulated:
            raise ArgumentError(
                f"Arguments `gpu` and `precision` are for what Aer simulates, but the device is "
                f'{self.label!r}. Leave them out, or take "aer" or a fake backend.'
            )
        if self.aer.gpu and self.engine in ("tensor", "backend"):
            raise ArgumentError(
                f"Argument `gpu` is for Aer's methods, but engine={self.engine!r} is none of them. "
                'Take engine="auto", or leave gpu=True out.'
            )

        if self.library is not None and not self.aer.gpu:
            raise ArgumentError(
                f"Argument `library` is for GPUs, but {self.library!r} is asked for without one. "
                "Add gpu=True, or leave it out."
            )
        if self.aer.method is not None and self.engine not in ("auto", "aer"):
            raise ArgumentError(
                f"Argument `library`={self.library!r} is a method of its own, but engine="
                f'{self.engine!r} asks for another. Take engine="auto".'
            )

    @property
    def aer(self) -> Aer:
        """How Aer computes, where it does."""
        return Aer(self.gpu or self.target == "aer-gpu", self.precision, self.library)

    @classmethod
    def of(cls, device: Any) -> Device:
        """Wrap a name or an object; a `Device` is returned as it is."""
        return device if isinstance(device, Device) else cls(device)

    def _brief(self) -> str:
        how = "" if self.engine == "auto" else f", engine={self.engine!r}"
        how += (", gpu=True" if self.gpu else "") + ("" if self.noise is None else ", noise=...")
        how += "" if self.precision == "double" else f", precision={self.precision!r}"
        how += "" if self.library is None else f", library={self.library!r}"
        return f"{self.label!r}{how}"

    def _display(self) -> Display:
        target = getattr(self.target, "target", None)
        rows = [
            ("name", self.label),
            ("qubits", getattr(target, "num_qubits", None)),
            ("engine", self.engine),
            ("GPU", self.aer.gpu or None),
            ("precision", self.precision),
            ("library", self.library),
            ("noise", None if self.noise is None else "a model of Aer"),
            ("reads before giving up", self.reads),
            ("patience (s)", self.patience),
        ]
        note = "qtn.devices.device_card(...) tells its errors, .plot() its coupling map."
        return Display("Device", rows, notes=[note])

    def plot(self, ax: Axes | None = None, *, circuit: Any = None, seed: int = 0) -> Axes:
        """Draw the coupling map by the error rates of readout and two-qubit gates.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            circuit: as `qtn.run` takes it; the qubits and couplings that it uses are marked, each
                with the qubit of the circuit that it holds at the start.
            seed: of the transpilation.

        Returns:
            The axes.

        Raises:
            ArgumentError: a device without couplings, or a circuit that it cannot take.

        Example:
            >>> Device("FakeManilaV2").plot().get_title()
            'FakeManilaV2'
        """
        from qtn._figures.axes import axes_of
        from qtn.devices.placement.chart import draw_target
        from qtn.devices.placement.transpile import Transpiled, transpile_to
        from qtn.interop.circuits import read_circuit

        bounded_int("seed", seed, 0)
        axes, target, name = axes_of(ax, (6.4, 4.2)), resolve(self).target, self.label
        if circuit is not None and not isinstance(circuit, Transpiled):
            circuit = transpile_to(read_circuit(circuit), target, seed, name=name)
        return draw_target(axes, target, name, circuit)

    @property
    def label(self) -> str:
        """A name to print."""
        if isinstance(self.target, str):
            return self.target
        name = getattr(self.target, "name", None)
        if isinstance(name, str):
            return name
        if isinstance(self.target, BaseSamplerV2 | BaseEstimatorV2):
            return resolve(self).name
        return type(self.target).__name__


# What `device=` takes, for type checkers.
DeviceLike: TypeAlias = str | BackendV2 | BaseSamplerV2 | BaseEstimatorV2 | Engine | Device


def resolve(device: Any) -> Engine:
    """Return the engine of a device name or object.

    Args:
        device: as in `Device.target`, or a `Device`.

    Raises:
        ArgumentError: unknown name (with the nearest names) or unusable object.
        MissingExtraError: the package of a fake backend is not installed.

    Example:
        >>> resolve("aer").name
        'aer'
    """
    wanted = Device.of(device)
    target = wanted.target
    if wanted.noise is not None:
        from qtn.devices.engines.noisy import NoisyEngine

        return NoisyEngine(f"{target} with noise", wanted.noise, wanted.engine, wanted.aer)
    if isinstance(target, str):
        return _by_name(target, wanted.engine, wanted.aer)
    if isinstance(target, Engine):
        return target
    if isinstance(target, BackendV2):
        return _by_backend(target, wanted.engine, wanted.aer)
    if isinstance(target, BaseSamplerV2):
        from qtn.devices.engines.samplers import sampler_engine

        return sampler_engine(target)
    if isinstance(target, BaseEstimatorV2):
        from qtn.devices.engines.estimators import EstimatorEngine

        return EstimatorEngine(target)
    raise fail("device", EXPECTED, target, WAY_OUT)


def _by_name(name: str, engine: str, aer: Aer) -> Engine:
    if name.startswith("queue:"):
        return _by_backend(_queue(name), engine)
    if name.startswith("ibm_"):
        return _by_backend(_ibm_backend(name), engine)
    return named_engine(name, engine, aer)


@functools.cache
def _queue(name: str) -> BackendV2:
    from qtn.devices.engines.local_queue import LocalQueue

    return LocalQueue(name.removeprefix("queue:"))


_ENGINES: OrderedDict[tuple[int, str, Aer], tuple[BackendV2, Engine]] = OrderedDict()
KEPT_ENGINES = 16


def _by_backend(backend: BackendV2, engine: str, aer: Aer = CPU) -> Engine:
    """One engine per backend object, so that its noise models and open jobs are found again."""
    key = (id(backend), engine, aer)
    if key not in _ENGINES or _ENGINES[key][0] is not backend:
        _ENGINES[key] = backend, backend_engine(backend, engine, aer)
        while len(_ENGINES) > KEPT_ENGINES:
            _ENGINES.popitem(last=False)
    _ENGINES.move_to_end(key)
    return _ENGINES[key][1]


@functools.cache
def _ibm_backend(name: str) -> BackendV2:
    runtime = require("qiskit_ibm_runtime", "ibm")
    try:
        backend: BackendV2 = runtime.QiskitRuntimeService().backend(name)
    except Exception as error:
        # the message of the client may quote account details, so it is not repeated here
        raise DeviceError(
            f"The saved IBM account cannot open {name!r} ({type(error).__name__}). Save an account "
            "with QiskitRuntimeService.save_account, or give a backend object as `device`."
        ) from None
    return backend
