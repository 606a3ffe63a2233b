"""The variational eigensolver: started from a tensor network, optimised wherever one likes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from qtn._checks import bounded_int, choice, positive_int
from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of, chosen
from qtn._figures.curves import draw_descent
from qtn._machine import few_threads
from qtn._progress import checked_progress, progress_bar
from qtn.applications.eigensolver.frameworks import FRAMEWORKS, energy_in
from qtn.applications.eigensolver.rotations import AngleEnergy
from qtn.applications.eigensolver.trial_circuits import STARTS, NetworkAnsatz, trial
from qtn.aqc.figure import draw_gates
from qtn.devices.lookup import DeviceLike
from qtn.estimate import Estimate
from qtn.hybrid.refine.energy import Energy
from qtn.interop.observables import pauli_operator
from qtn.mitigation import mitigate
from qtn.states import MPS
from qtn.states.origin import Ground

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VQE(Displayed):
    """What an eigensolver found.

    Args:
        hamiltonian: whose ground state was sought.
        ansatz: the circuit with a parameter for every angle; `angles` and `start` are their values
            in the order of `ansatz.parameters`.
        angles: of the least energy seen.
        start: where the search began.
        energy: at `angles`, exact.
        energies: at the start and after every step.
        network: the chain that the circuit comes from; None without one.
        framework: in which the search ran.
        seconds: CPU seconds of the search alone.
    """

    hamiltonian: Any
    ansatz: QuantumCircuit
    angles: Floats
    start: Floats
    energy: float
    energies: tuple[float, ...]
    network: MPS | None
    framework: str
    seconds: float

    @property
    def circuit(self) -> QuantumCircuit:
        """The ansatz at `angles`."""
        return self.ansatz.assign_parameters(list(self.angles))

    @property
    def network_energy(self) -> float:
        """Energy of the chain; NaN without one."""
        origin = None if self.network is None else self.network.origin
        return float(origin.energy) if isinstance(origin, Ground) else float("nan")

    def to_pennylane(self) -> tuple[Callable[..., None], Any, Floats]:
        """Return the ansatz, the Hamiltonian and the start for an optimiser of PennyLane's.

        Returns:
            `apply(values)`, to be called in a QNode on wires 0 … n - 1; the Hamiltonian for
            `qml.expval`; the angles where the search began, at which the energy is that of the
            compiled state.

        Raises:
            MissingExtraError: PennyLane is not installed.

        Example:
            >>> import pennylane as qml
            >>> import qtn
            >>> found = vqe(qtn.chain("tfim", 4), NetworkAnsatz(2), steps=1, progress=False)
            >>> apply, h, start = found.to_pennylane()
            >>> @qml.qnode(qml.device("default.qubit", wires=4))
            ... def energy(values):
            ...     apply(values)
            ...     return qml.expval(h)
            >>> bool(abs(energy(start) - found.network_energy) < 1e-9)
            True
        """
        from qtn.interop.pennylane import operator_to_pennylane, to_pennylane

        return to_pennylane(self.ansatz), operator_to_pennylane(self._observable), self.start

    @few_threads(1)
    def measure(
        self, techniques: Any = "auto", *, device: DeviceLike, shots: Any = 4096, seed: int = 0,
        **options: Any,
    ) -> Estimate[float]:  # fmt: skip
        """Return the energy that a device measures, mitigated.

        Args:
            techniques: of `qtn.mitigate`: a list such as [qtn.Readout(), qtn.ZNE(fit="neural")],
                "auto", or () for plain counts.
            device: anything that `qtn.run` takes.
            shots: per circuit, or a `ShotBudget`.
            seed: of shots, transpilation and random circuits.
            options: `budget` and `progress` of `qtn.mitigate`.

        Raises:
            ArgumentError, BudgetError, DeviceError: see `qtn.mitigate`.
        """
        observable = self._observable
        return mitigate(
            self.circuit, observable, techniques, device=device, shots=shots, seed=seed, **options
        )

    @property
    def _observable(self) -> Any:
        return Energy(self.hamiltonian).observable

    def plot(self, ax: Axes | None = None, *, kind: str = "energy") -> Axes:
        """Draw the energy over the steps, or the ansatz.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "energy", the dotted line is that of the network; "circuit", gates on wires.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind.
        """
        draw = chosen(kind, {
            "energy": lambda axes: draw_descent(axes, self.energies, self.network_energy),
            "circuit": lambda axes: draw_gates(axes, self.circuit),
        })  # fmt: skip
        found: Axes = draw(axes_of(ax))
        return found

    def _brief(self) -> str:
        began = f"{self.energies[0]:.6g}"
        return (
            f"{self.ansatz.num_qubits} qubits, {len(self.angles)} angles, "
            f"{self.ansatz.num_nonlocal_gates()} CX, energy {began} -> {self.energy:.8g}"
        )

    def _display(self) -> Display:
        network = None if self.network is None else f"{self.network_energy:.10g}"
        rows = [
            ("qubits", self.ansatz.num_qubits),
            ("angles", len(self.angles)),
            ("two-qubit gates", self.ansatz.num_nonlocal_gates()),
            ("energy of the network", network),
            ("energy of the start", f"{self.energies[0]:.10g}"),
            ("energy", f"{self.energy:.10g}"),
            ("steps", len(self.energies) - 1),
            ("framework", self.framework),
            ("CPU seconds", f"{self.seconds:.2g}"),
        ]
        return Display("Variational eigensolver", rows)


@few_threads(1)
def vqe(
    hamiltonian: Any,
    ansatz: Any = None,
    *,
    start: str = "compiled",
    framework: str = "qtn",
    steps: int = 100,
    seed: int = 0,
    progress: bool | None = None,
) -> VQE:
    r"""Search for a ground state in a circuit that begins where a tensor network ended.

    .. math:: \min_\theta \langle 0|U(\theta)^\dagger H\, U(\theta)|0\rangle

    A ground state of small bond is found and compiled; gates that are the identity are added; all
    angles are moved by L-BFGS on exact gradients. The first energy is that of the network, as far
    as the compilation is exact, and none that follows is above it.

    Args:
        hamiltonian: an observable in any form that the doors take, or `qtn.hybrid.Energy(...)`.
        ansatz: `NetworkAnsatz(...)`, `RyRz(...)`, what `qtn.compile` returned, or a
            `QuantumCircuit` whose parameters stand alone in rotations; None for `NetworkAnsatz()`.
        start: "compiled"; "random" (all angles uniform) or "identity" (all near 0) in the same
            circuit, to compare with.
        framework: who computes energies and gradients: "qtn", "qiskit" (shift rule by
            `StatevectorEstimator`) or "pennylane" (adjoint differentiation). The search is the
            same.
        steps: of L-BFGS; each takes a gradient, sometimes a few.
        seed: of the first angles, and of the compilation.
        progress: show a bar; None shows it where someone can watch.

    Returns:
        A `VQE`: `energy`, `circuit`, `ansatz` with symbolic parameters, `measure(device=…)`.

    Raises:
        ArgumentError: no observable, an ansatz on other qubits or with other parameters, an unknown
            start or framework.
        MissingExtraError: PennyLane is not installed.

    Cost: per step four state vectors, or chains beyond 20 qubits: 5 ms for 200 angles on 10 qubits.
        The shift rule takes two energies per angle.

    Example:
        >>> import qtn
        >>> found = vqe(qtn.chain("tfim", 6), NetworkAnsatz(2), steps=30, progress=False)
        >>> found.energy < found.network_energy - 1e-3
        True

    Reference: Rudolph et al., Nat. Commun. 14, 8367 (2023), with a search of our own on exact
    gradients.
    """
    choice("start", start, STARTS)
    choice("framework", framework, FRAMEWORKS)
    positive_int("steps", steps)
    bounded_int("seed", seed, 0)
    checked_progress(progress)
    energy = hamiltonian if isinstance(hamiltonian, Energy) else Energy(hamiltonian)
    begun = trial(
        energy.observable, energy.n, NetworkAnsatz() if ansatz is None else ansatz, start, seed
    )
    function = energy_in(framework, begun.circuit, energy)
    clock = time.process_time()
    with progress_bar(steps, "energy", progress, word="at most") as bar:
        angles, energies = _descended(function, begun.angles, steps, bar.update, _unit(energy))
    seconds = time.process_time() - clock
    exact, _ = AngleEnergy(begun.circuit, energy)(angles)
    return VQE(
        energy.hamiltonian, begun.circuit, angles, begun.angles, exact, tuple(energies),
        begun.network, framework, seconds,
    )  # fmt: skip


def _descended(
    function: Callable[[Floats], tuple[float, Floats]], start: Floats, steps: int,
    watch: Callable[[], Any], unit: float,
) -> tuple[Floats, list[float]]:  # fmt: skip
    """Return the best angles seen, and the energies at the start and after every step.

    When the search is at its end is judged in the unit of energy.
    """
    best: tuple[float, Floats] = (np.inf, start)
    first: list[float] = []
    energies: list[float] = []

    def kept(angles: Floats) -> tuple[float, Floats]:
        nonlocal best
        value, slope = function(angles)
        first.append(value)
        if value < best[0]:
            best = (value, angles.copy())
        return value / unit, slope / unit

    def told(intermediate_result: Any) -> None:
        energies.append(unit * float(intermediate_result.fun))
        watch()

    options = {
        "maxiter": steps,
        "maxfun": 4 * steps + 20,
        "maxcor": 20,
        "ftol": 1e-14,
        "gtol": 1e-9,
    }
    minimize(kept, start, jac=True, method="L-BFGS-B", options=options, callback=told)
    return best[1], [first[0], *energies]


def _unit(energy: Energy) -> float:
    """Return the largest weight of a Pauli word, down to a power of two, which rounds nothing."""
    operator = pauli_operator(energy.observable)
    words = operator.paulis.x.any(axis=1) | operator.paulis.z.any(axis=1)
    largest = float(np.abs(operator.coeffs[words]).max(initial=0.0))
    return float(2.0 ** np.floor(np.log2(largest))) if largest else 1.0
