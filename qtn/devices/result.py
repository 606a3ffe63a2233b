"""What a run returns: bits as measured, counts, and expectation values with standard errors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qiskit import QuantumCircuit
from qiskit.primitives import BitArray

from qtn._checks import bounded_int, choice, positive_int
from qtn._display import Display, Displayed
from qtn._figures.axes import axes_of
from qtn._optional import data_frame
from qtn.devices.outcomes import draw_counts, draw_estimates, found_table, value_rows
from qtn.devices.placement.transpile import Transpiled
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.states.operators import Basis

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["PubResult", "RunResult"]


@dataclass(frozen=True, slots=True, repr=False)
class PubResult(Displayed):
    """The outcome of one circuit with its bindings.

    Args:
        transpiled: the circuit as it ran, before basis changes and measurements were added.
        bits: one `BitArray` per measurement basis, shape () or (bindings,). With observables, and
            for circuits without measurements of their own, bit i = qubit i of the circuit given.
        bases: the measurement bases, in the same order (one, all Z, without observables).
        estimate: values and standard errors of the observables, or None without observables.
    """

    transpiled: Transpiled
    bits: tuple[BitArray, ...]
    bases: tuple[Basis, ...]
    estimate: Estimate | None

    @property
    def bindings(self) -> int:
        """Number of parameter bindings; 1 for a circuit without."""
        if self.bits:
            return self.bits[0].shape[0] if self.bits[0].shape else 1
        if self.estimate is None or not self.estimate.shape:
            return 1
        return self.estimate.shape[0]

    def _brief(self) -> str:
        gives = "counts" if self.estimate is None else "values"
        return f"{gives} of {self.bindings} binding(s)"

    def _display(self) -> Display:
        rows = [
            ("bindings", self.bindings),
            ("measurement bases", [basis.label for basis in self.bases]),
            ("two-qubit gates", self.transpiled.two_qubit_gates),
            ("two-qubit depth", self.transpiled.two_qubit_depth),
            ("device qubits", list(self.transpiled.qubits)),
            ("values", self.estimate),
        ]
        return Display("One circuit of a run", rows)


@dataclass(frozen=True, slots=True, repr=False)
class RunResult(Displayed):
    """What `qtn.run` returns; nothing in it is ever recomputed or changed.

    Args:
        pubs: one entry per circuit.
        device: name of the device.
        engine: what executed the circuits, and why.
        shots: shots per circuit, binding and measurement basis.
        seconds: wall time of the run.
    """

    pubs: tuple[PubResult, ...]
    device: str
    engine: str
    shots: int
    seconds: float

    @property
    def bits(self) -> tuple[BitArray, ...]:
        """Measured bits of each circuit (of its first measurement basis)."""
        self._needs_bits()
        return tuple(pub.bits[0] for pub in self.pubs)

    @property
    def values(self) -> tuple[Estimate, ...]:
        """Expectation values of each circuit."""
        found = tuple(pub.estimate for pub in self.pubs if pub.estimate is not None)
        if len(found) != len(self.pubs):
            raise ArgumentError(
                "This result has counts only. Give `observables` to qtn.run for expectation values."
            )
        return found

    @property
    def circuits(self) -> tuple[QuantumCircuit, ...]:
        """The transpiled circuits."""
        return tuple(pub.transpiled.circuit for pub in self.pubs)

    def counts(self, i: int = 0, binding: int | None = None) -> dict[str, int]:
        """Return the counts of circuit `i`, summed over bindings or for one of them.

        Example:
            >>> from qiskit import QuantumCircuit
            >>> from qtn.devices import run
            >>> flip = QuantumCircuit(2)
            >>> _ = flip.x(0)
            >>> run(flip, shots=10).counts()
            {'01': 10}
        """
        i = bounded_int("i", i, 0, len(self.pubs) - 1)
        self._needs_bits()
        bits = self.pubs[i].bits[0]
        if binding is None:
            return dict(bits.get_counts())
        limit = (bits.shape[0] if bits.shape else 1) - 1
        binding = bounded_int("binding", binding, 0, limit)
        return dict(bits.get_counts(binding if bits.shape else None))

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: str = "auto",
        i: int = 0,
        binding: int | None = None,
        most: int = 20,
    ) -> Axes:
        """Draw the outcomes of a circuit with Wilson intervals, or the values of observables.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "counts", the share of every outcome with its 95 % interval; "values", those of
                all circuits with 1.96 standard errors; "auto" takes the values where there are any.
            i: number of the circuit, for "counts".
            binding: number of the binding; None adds all up.
            most: outcomes that get a bar of their own, the most frequent ones; the rest share one.

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind, a number that is none of them, values or counts that the
                run did not give.

        Example:
            >>> from qiskit import QuantumCircuit
            >>> from qtn.devices import run
            >>> flip = QuantumCircuit(1)
            >>> _ = flip.h(0)
            >>> [text.get_text() for text in run(flip, shots=1000).plot().get_xticklabels()]
            ['0', '1']
        """
        choice("kind", kind, ("auto", "counts", "values"))
        most = positive_int("most", most)
        axes = axes_of(ax, (6.4, 3.6))
        valued = all(pub.estimate is not None for pub in self.pubs)
        if kind == "values" or (kind == "auto" and valued):
            return draw_estimates(axes, self.values)
        return draw_counts(axes, self.counts(i, binding), most)

    def to_frame(self) -> pd.DataFrame:
        """Return the values of all observables, or else the counts, as a pandas data frame.

        Returns:
            One line per circuit, binding and observable with value, standard error and shots; or
            one per circuit, binding and outcome with its count and its share.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        if all(pub.estimate is not None for pub in self.pubs):
            return data_frame(value_rows(self.pubs))
        rows = []
        for i, pub in enumerate(self.pubs):
            for binding in range(pub.bindings):
                counts = self.counts(i, binding)
                total = sum(counts.values())
                rows += [
                    {"circuit": i, "binding": binding, "outcome": outcome, "count": count,
                     "share": count / total}
                    for outcome, count in sorted(counts.items())
                ]  # fmt: skip
        return data_frame(rows)

    def _needs_bits(self) -> None:
        if any(not pub.bits for pub in self.pubs):
            raise ArgumentError(
                f"{self.device} is an estimator, which gives values and no counts. Take a sampler "
                "or a backend as `device`."
            )

    def __len__(self) -> int:
        return len(self.pubs)

    def __iter__(self) -> Iterator[PubResult]:
        return iter(self.pubs)

    def _brief(self) -> str:
        return f"{len(self.pubs)} circuit(s) on {self.device}, {self.shots} shots each"

    def _display(self) -> Display:
        rows = [
            ("device", self.device),
            ("engine", self.engine),
            ("circuits", len(self.pubs)),
            ("bindings", sum(pub.bindings for pub in self.pubs)),
            ("shots of each", self.shots),
            ("seconds", f"{self.seconds:.2f}"),
        ]
        return Display("Run", rows, [found_table(self.pubs)])
