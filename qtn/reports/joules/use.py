"""The balance of `qtn.energy`: numbers, text, HTML, a figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qtn._display import Display, Displayed, Fields, Table
from qtn._figures.axes import Draw, axes_of, chosen, side_by_side
from qtn._optional import data_frame
from qtn.reports.joules.assumptions import Assumption
from qtn.reports.joules.emulation import Emulations
from qtn.reports.joules.exponent import SchmidtFit
from qtn.reports.joules.figure import draw_joules, draw_values

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from qtn._figures.shown import Panels

__all__ = ["EnergyUse", "Part"]

HEADINGS = ("", "on the device", "emulated")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Part(Fields):
    """One circuit of a balance, all its executions together.

    Args:
        qubits: of the circuit.
        two_qubit_gates: as placed on the device.
        executions: shots in all.
        device_fidelity: of the state before its readout, from the device's error rates.
        device_seconds, device_joules: on the device.
        emulations: the bonds tried.
        emulated_seconds, emulated_joules: at the bond chosen, shots included.
    """

    qubits: int
    two_qubit_gates: int
    executions: int
    device_fidelity: float
    device_seconds: float
    device_joules: float
    emulations: Emulations
    emulated_seconds: float
    emulated_joules: float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EnergyUse(Displayed):
    """Joules of running circuits on a device and of emulating them no worse; see `qtn.energy`.

    Args:
        device: its name.
        parts: one per circuit.
        exponent: power law of the Schmidt values at the widest cut, None where there is none.
        no_exponent: why there is none; empty where there is one.
        assumptions: everything that was not computed.
    """

    device: str
    parts: tuple[Part, ...]
    exponent: SchmidtFit | None
    no_exponent: str
    assumptions: tuple[Assumption, ...]

    @property
    def device_joules(self) -> float:
        """Joules on the device, all circuits together."""
        return sum(p.device_joules for p in self.parts)

    @property
    def device_seconds(self) -> float:
        """Seconds on the device, all circuits together."""
        return sum(p.device_seconds for p in self.parts)

    @property
    def device_fidelity(self) -> float:
        """Lowest fidelity of a circuit's state on the device."""
        return min(p.device_fidelity for p in self.parts)

    @property
    def emulated_joules(self) -> float:
        """Joules of the emulation; a lower bound where `reached` is False."""
        return sum(p.emulated_joules for p in self.parts)

    @property
    def emulated_seconds(self) -> float:
        """CPU seconds of the emulation on the assumed core, all circuits together."""
        return sum(p.emulated_seconds for p in self.parts)

    @property
    def emulated_fidelity(self) -> float:
        """Lowest fidelity of an emulated state."""
        return min(p.emulations.chosen.fidelity for p in self.parts)

    @property
    def bond(self) -> int:
        """Smallest bond that reaches the device's fidelity, of the circuit that needs the largest.

        0 where circuits with resets were simulated exactly; the largest tried where `reached` is
        False.
        """
        return max(p.emulations.chosen.bond for p in self.parts)

    @property
    def reached(self) -> bool:
        """Whether an emulation within the limits is as good as the device."""
        return all(p.emulations.reached for p in self.parts)

    @property
    def ratio(self) -> float:
        """Joules on the device over joules of the emulation; above 1 the emulation is greener."""
        return self.device_joules / max(self.emulated_joules, 1e-300)

    @property
    def greener(self) -> str:
        """ "emulation", "device", or "undecided" where no emulation tried is as good."""
        if self.ratio <= 1.0:
            return "device"  # a lower bound of the emulation is enough for that
        return "emulation" if self.reached else "undecided"

    def _brief(self) -> str:
        bound = "" if self.reached else "at least "
        return (
            f"{self.device}: {self.device_joules:.3g} J at fidelity "
            f"{self.device_fidelity:.3g}; emulated {bound}{self.emulated_joules:.3g} J at bond "
            f"{self.bond}, greener: {self.greener}"
        )

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the balance as text: a quantity, on the device, emulated."""
        bound = "" if self.reached else ">= "
        gates = max(p.two_qubit_gates for p in self.parts)
        bond = "exact" if self.bond == 0 else f"{bound}{self.bond}"
        shots = sum(p.executions for p in self.parts)
        qubits = max(p.qubits for p in self.parts)
        ours, theirs = f"{self.device_fidelity:.4f}", f"{self.emulated_fidelity:.4f}"
        spent, joules = f"{self.emulated_seconds:.3g} CPU", f"{self.emulated_joules:.3g}"
        return [
            ("circuits, shots", f"{len(self.parts)}, {shots:,}", ""),
            ("qubits, 2-qubit gates", f"{qubits}, {gates}", ""),
            ("fidelity of the state", ours, theirs),
            ("bond", "", bond),
            ("seconds", f"{self.device_seconds:.3g}", bound + spent),
            ("joules", f"{self.device_joules:.3g}", bound + joules),
            ("green advantage", self._advantage(), ""),
            ("Schmidt exponent α", "", self._alpha()),
        ]

    def _display(self) -> Display:
        given = [(a.name, f"{a.value:.6g} {a.unit}", a.meaning, a.source) for a in self.assumptions]
        tables = [
            Table(HEADINGS, self.rows(), most=60),
            Table(("assumed", "value", "meaning", "source"), given, most=60),
        ]
        notes = [f"No exponent: {self.no_exponent}"] if self.no_exponent else []
        return Display(f"Energy on {self.device} and emulated", (), tables, notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the balance as plain numbers, for JSON."""
        fit = self.exponent
        return {
            "device": self.device,
            "device_fidelity": self.device_fidelity,
            "device_seconds": self.device_seconds,
            "device_joules": self.device_joules,
            "bond": self.bond,
            "reached": self.reached,
            "emulated_fidelity": self.emulated_fidelity,
            "emulated_seconds": self.emulated_seconds,
            "emulated_joules": self.emulated_joules,
            "greener": self.greener,
            "alpha": None if fit is None else [fit.alpha, fit.low, fit.high],
            "no_exponent": self.no_exponent,
            "assumptions": {a.name: [a.value, a.unit, a.source] for a in self.assumptions},
        }

    def plot(self, ax: Axes | None = None, *, kind: str = "joules") -> Axes:
        """Draw joules against fidelity, or the Schmidt values with their power law.

        Args:
            ax: axes of matplotlib to draw on; None makes a figure.
            kind: "joules", of the device and of emulations with more and more bonds, or "values".

        Returns:
            The axes.

        Raises:
            ArgumentError: another kind.
        """
        found: Axes = chosen(kind, self._panels())(axes_of(ax))
        return found

    def overview(self) -> Panels:
        """Draw both in one figure and return the array of their axes."""
        return side_by_side(self._panels())

    def _panels(self) -> dict[str, Draw]:
        return {"joules": partial(draw_joules, use=self), "values": partial(draw_values, use=self)}

    def to_frame(self) -> pd.DataFrame:
        """Return the bonds tried of every circuit as a pandas data frame: fidelity, seconds.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame([
            {"circuit": k, "bond": tried.bond, "fidelity": tried.fidelity,
             "seconds": tried.seconds, "chosen": tried == part.emulations.chosen}
            for k, part in enumerate(self.parts)
            for tried in part.emulations.tried
        ])  # fmt: skip

    def _advantage(self) -> str:
        if self.greener == "undecided":
            return f"undecided: no bond up to {self.bond} is as good"
        factor = self.ratio if self.greener == "emulation" else 1.0 / self.ratio
        return f"{self.greener} by a factor {factor:.3g}"

    def _alpha(self) -> str:
        fit = self.exponent
        return "none" if fit is None else f"{fit.alpha:.2f} [{fit.low:.2f}, {fit.high:.2f}]"
