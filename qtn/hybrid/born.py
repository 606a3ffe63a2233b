"""A Born machine on a device: every shot is a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags, TargetTags

from qtn._checks import bounded_int, fail, finite_array, positive_int
from qtn._machine import few_threads
from qtn._random import RandomState, chosen_seed, derived_seed
from qtn.devices import resolve, run
from qtn.devices.costs import RunPlan, together
from qtn.devices.door import MAX_SHOTS
from qtn.errors import ArgumentError, DeviceError
from qtn.estimate import Estimate
from qtn.hybrid.forms.base import Floats, Form
from qtn.hybrid.forms.born import Born, Ints, marginal
from qtn.hybrid.model import QuantumModel
from qtn.interop.circuits import circuit_to_mps
from qtn.models.base import fitted_as
from qtn.models.born import BornMachine
from qtn.models.training.levels import Levels

_SEEN = 2.0  # standard errors that a probability must have to have a logarithm
_SPARE, _ROUNDS = 1.2, 12  # more shots than expected, and runs in which rows are drawn


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class QuantumBornMachine(QuantumModel):
    """A compiled circuit whose measured bits are rows of a table, as the model's own columns.

    Its rows are codes, as `MPSBornMachine.sample` gives them. Made by `qtn.deploy`;
    `dataclasses.replace` gives the same model on another device.

    Args:
        levels: how rows become codes, from the trained model.
        sizes: number of values of every column.
        compiled, device, shots, mitigation, scaling, seed, progress, budget: as in
            `QuantumClassifier`; `shots` are those of all rows together. Mitigation acts on
            probabilities; samples are rows as the device gives them.
        form: `qtn.hybrid.Born()`.
    """

    stream: ClassVar[str] = "quantum-born-machine"

    levels: Levels
    sizes: tuple[int, ...]

    @classmethod
    def fitted(cls, name: str, model: Any) -> BornMachine:
        """Return `model` if it is a fitted Born machine."""
        noun, way_out = "a fitted Born machine", "Call fit(x) first."
        return fitted_as(name, model, BornMachine, noun, way_out)

    @classmethod
    def learnt(cls, model: Any, form: Form) -> dict[str, Any]:
        """Return what a fitted machine knows about its columns."""
        return {"levels": model._levels, "sizes": model.levels_}

    def _outputs(self) -> str:
        return f"{len(self.sizes)} columns"

    def __sklearn_tags__(self) -> Tags:
        return Tags(estimator_type="density_estimator", target_tags=TargetTags(required=False))

    # ------------------------------------------------------------ probabilities

    def rows(self, x: ArrayLike) -> Floats:
        """Return rows as codes, shape (batch, columns); values never seen are 64 or more.

        Raises:
            ArgumentError: rows of another width, or for columns of integers values that are none.
        """
        found = finite_array("x", self._passed(x), ndim=2, dtype=np.float64)
        if found.shape[1] != len(self.sizes):
            raise ArgumentError(
                f"Argument `x` must have {len(self.sizes)} features per row, but has "
                f"{found.shape[1]}."
            )
        return self.levels.apply(found, "x", known=True).astype(np.float64)

    def probabilities(self, x: ArrayLike) -> Estimate[np.ndarray]:
        """Measure the probabilities of rows, all off the same shots.

        Args:
            x: rows as the model takes them (batch, columns).

        Returns:
            Estimate with arrays (batch,); mitigated values may leave [0, 1] within their error.

        Raises:
            ArgumentError: the rows cannot be used.
            BudgetError, DeviceError: as in `QuantumClassifier.scores`.

        Cost: one circuit, whatever the number of rows.
        """
        possible = self._possible(x)
        value, stderr = np.zeros(len(possible)), np.zeros(len(possible))
        if not possible.any():
            return Estimate(value, stderr, 0, "exact")
        known = np.asarray(x)[possible]
        found = self.form.scores(self._deployed, self.measure(known))
        value[possible] = np.ravel(found.value)
        stderr[possible] = np.ravel(found.stderr)
        return replace(found, value=value, stderr=stderr)

    def log_prob(self, x: ArrayLike) -> Estimate[np.ndarray]:
        """Measure log p of every row, in nats; -inf without error where a value is impossible.

            log p̂ ± σ(p̂) / p̂

        Returns:
            Estimate with arrays (batch,).

        Raises:
            ArgumentError: a row was seen so rarely that its logarithm has no interval; the text
                says how many shots it takes. `ideal_log_prob` needs none.
        """
        found, possible = self.probabilities(x), self._possible(x)
        p, error = np.asarray(found.value), np.asarray(found.stderr)
        rare = possible & (p <= _SEEN * error)
        if rare.any():
            self._refuse_rare(x, int(np.argmax(rare)), p, error)
        safe = np.where(possible, p, 1.0)
        value = np.where(possible, np.log(safe), -np.inf)
        return replace(found, value=value, stderr=error / safe)

    @few_threads(1)
    def ideal_log_prob(self, x: ArrayLike) -> Floats:
        """Return log p of every row without noise and shots, in nats, (batch,).

        Computed by contracting the circuit; what the circuit lacks in fidelity is in it.
        """
        possible, found = self._possible(x), np.full(len(self.rows(x)), -np.inf)
        if possible.any():
            rows = self.rows(x)[possible]
            with np.errstate(divide="ignore"):
                found[possible] = np.log(self.form.ideal_scores(self._deployed, rows)[:, 0])
        return found

    def score_samples(self, x: ArrayLike) -> Floats:
        """Return the measured log p of every row, in nats; see `log_prob`."""
        return np.asarray(self.log_prob(x).value)

    def score(self, x: ArrayLike, y: Any = None) -> float:
        """Return the mean of the measured log p over rows, in nats; see `log_prob`."""
        return float(self.score_samples(x).mean())

    def _possible(self, x: ArrayLike) -> NDArray[np.bool_]:
        return np.asarray((self.rows(x) < np.array(self.sizes)).all(axis=1))

    def _refuse_rare(self, x: ArrayLike, row: int, p: Floats, error: Floats) -> None:
        exact = float(np.exp(self.ideal_log_prob(np.asarray(x)[[row]])[0]))
        needed = "no number of shots shows it"
        if exact > 0:
            needed = f"it takes some {4 * (1 - exact) / exact + 1:.2g} shots without noise"
        raise ArgumentError(
            f"Row {row} of `x` has the measured probability {p[row]:.2g} ± {error[row]:.2g}, whose "
            f"logarithm has no interval: {needed}, and this model takes {self.shots}. Raise "
            "`shots`, or take ideal_log_prob, which is computed."
        )

    # ------------------------------------------------------------------ samples

    def sample(
        self,
        n_samples: int = 1,
        seed: int | None = None,
        given: Mapping[int, int] | None = None,
        random_state: RandomState = None,
    ) -> Ints:
        """Draw rows on the device: one shot each, as it comes.

        Shots that show no row (a number of bits beyond the values of a column) or another value of
        a column held fixed are left out, and more are taken in their place.

        Args:
            n_samples: number of rows.
            seed: of the shots on a simulated device; None for the model's own.
            given: value of the columns to hold fixed, for instance {0: 1, 5: 0}.
            random_state: the seed by scikit-learn's name.

        Returns:
            Integers of shape (n_samples, columns).

        Raises:
            ArgumentError: no such column or value, or values so rare that the rows take more than
                10,000,000 shots.
            BudgetError: the shots exceed the budget, or need one.
            DeviceError: the device cannot take the circuit, or hardly ever shows such rows.

        Cost: n_samples / p shots, p the probability of what is given.
        """
        positive_int("n_samples", n_samples)
        drawn = chosen_seed(self.seed if seed is None else seed, random_state)
        fixed = self._checked_given(given)
        wanted = self._shots_for(n_samples, fixed)
        kept: list[Ints] = []
        plans: list[RunPlan] = []
        count = 0
        while count < n_samples:
            kept.append(self._shown(wanted, fixed, derived_seed(drawn, "sample", len(kept)), plans))
            count += len(kept[-1])
            taken = sum(plan.shots for plan in plans)
            if count < n_samples and (len(kept) >= _ROUNDS or taken > MAX_SHOTS):
                raise DeviceError(
                    f"Only {count} of {taken} shots show rows as wanted, and {n_samples} are "
                    "needed: the noise of the device hides them. Hold fewer columns fixed."
                )
            wanted = min(2 * wanted, self._again(n_samples - count, max(count, 1) / taken))
        return np.concatenate(kept)[:n_samples]

    def _shown(self, shots: int, fixed: Mapping[int, int], seed: int, plans: list[Any]) -> Ints:
        """Return the rows that some shots show; the plan of the run joins those before."""
        circuit, device = self.compiled[0].circuit, self.device
        if self.budget is not None or resolve(device).paid:
            plans.append(run(circuit, device=device, shots=shots, seed=seed, dry_run=True))
            together(plans).check(self.budget)
        else:
            plans.append(_Free(shots))
        where: dict[str, Any] = {"budget": self.budget, "progress": self.progress}
        bits = run(circuit, device=device, shots=shots, seed=seed, **where).bits[0]
        rows = self._born.codes(bits.to_bool_array(order="little"))
        good = (rows < np.array(self.sizes)).all(axis=1)
        for column, value in fixed.items():
            good &= rows[:, column] == value
        return rows[good]

    def _shots_for(self, count: int, fixed: Mapping[int, int]) -> int:
        """Return how many shots show so many rows, if the device has no noise."""
        if not fixed:
            return count
        row = np.zeros((1, len(self.sizes)))
        row[0, list(fixed)] = list(fixed.values())
        bits = self._born.bits(self._deployed, row)[0]
        for column, qubits in enumerate(self._born.places or ()):
            if column not in fixed:
                bits[list(qubits)] = -1
        share = marginal(circuit_to_mps(self.compiled[0].circuit), bits)
        if share * MAX_SHOTS < count:
            raise ArgumentError(
                f"Argument `given` must name values that occur together, but {dict(fixed)} has the "
                f"probability {share:.2g} in the circuit: {count} rows would take more than "
                f"{MAX_SHOTS:,} shots. Hold fewer columns fixed, or sample the trained model."
            )
        return self._again(count, share)

    @staticmethod
    def _again(count: int, share: float) -> int:
        return min(MAX_SHOTS, int(_SPARE * count / share) + 10)

    def _checked_given(self, given: Any) -> dict[int, int]:
        if given is not None and not isinstance(given, Mapping):
            raise fail("given", "a mapping of columns to values, or None", given)
        fixed = dict(given or {})
        for column, value in fixed.items():
            bounded_int("given", column, 0, len(self.sizes) - 1)
            bounded_int(f"given[{column}]", value, 0, self.sizes[column] - 1)
        return fixed

    @property
    def _born(self) -> Born:
        assert isinstance(self.form, Born)
        return self.form


@dataclass(frozen=True, slots=True)
class _Free:
    """The plan of a run that costs nothing."""

    shots: int
