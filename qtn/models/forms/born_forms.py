"""What a Born machine is as a state, and the rows that are drawn from it.

The density is a mixture, p(v) = (1 - w) |ψ(v)|² + w q(v), of a state and a background of
independent columns (`qtn.models.densities.background`); w may be 0. Both parts can be drawn from
exactly, also with columns held fixed, and so can the mixture: given values g, a row comes from the
background with the probability

    w q(g) / ((1 - w) p_ψ(g) + w q(g)),        p_ψ(g) = ‖ψ restricted to g‖²
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, choice, fail, flag, positive_int
from qtn._machine import few_threads
from qtn._random import RandomState, chosen_seed, generator
from qtn.errors import ArgumentError
from qtn.models.densities.background import Background, best_coherent
from qtn.models.densities.counted import Counted, Flags, Floats, Ints
from qtn.models.forms.compilable import Compilable
from qtn.models.forms.parts import doubled, parted, plus_product
from qtn.models.training.levels import Levels
from qtn.models.training.rows import check_rows
from qtn.states.qubits import embed_in_qubits

# Logarithm of a probability per known value below which it is rounding: impossible.
_IMPOSSIBLE = -100.0


class BornForms(Compilable):
    """States and samples of a Born machine."""

    levels_: tuple[int, ...]
    background_: Background
    _levels: Levels

    @abstractmethod
    def _pure(self) -> Any:
        """Return the normalised state ψ, without the background."""

    @abstractmethod
    def _hold(self, column: int, value: int, tensors: list[Floats]) -> None:
        """Hold a column fixed in tensors of the state: keep one value of its axis."""

    @abstractmethod
    def _marginals(self, rows: Ints, missing: Flags) -> tuple[Floats, list[Floats]]:
        """Return log |ψ|² of what is known of rows, and every column's distribution given that."""

    @abstractmethod
    def _completions(
        self, rows: Ints, missing: Flags, rng: np.random.Generator
    ) -> tuple[Floats, Ints]:
        """Return log |ψ|² of what is known of rows, and the rows with the rest drawn given that."""

    @abstractmethod
    def _structure(self) -> Any:
        """Return the structure of the model."""

    @abstractmethod
    def _log_p(self, structure: Any, tensors: tuple[Floats, ...], rows: Ints) -> Floats:
        """Return log |ψ|² of rows within the levels."""

    def _site_columns(self) -> Ints:
        """Return the column that every site of the state holds."""
        return np.arange(len(self.levels_))

    def _by_site(self, vectors: Sequence[Floats]) -> list[Floats]:
        """Return what belongs to columns in the order of the sites."""
        return [vectors[column] for column in self._site_columns()]

    @property
    def forms_(self) -> tuple[str, ...]:
        """The forms of the fitted machine; see `state`."""
        check_is_fitted(self)
        return ("state", "background")

    def _labels(self) -> list[Any]:
        return []

    def site_vectors(self, X: ArrayLike) -> list[Floats]:
        """Return the unit vectors of the values of rows `X`; see `Compilable.site_vectors`.

        A value that its column never showed in training has the vector zero.
        """
        check_is_fitted(self)
        rows = self._levels.apply(check_rows(self, X, reset=False), known=True)
        levels = ((rows[:, c], self.levels_[c]) for c in self._site_columns())
        return [(column[:, None] == np.arange(d)).astype(np.float64) for column, d in levels]

    @few_threads(1)
    def state(
        self,
        label: Any = None,
        *,
        register: str | None = None,
        qubits: bool = False,
        smoothed: bool = True,
    ) -> Any:
        """Return the normalised state, one site per column; see `Compilable.state`.

        Args:
            label: None, since there is one state only.
            register: "background" gives the state whose register holds 0 for ψ and 1 for the
                background: its squares, summed over the register, are the density exactly.
            qubits: as in `Compilable.state`.
            smoothed: without a register, with a background: return the state along
                √(1 - u) ψ + √u Π √q, whose bonds are larger by one. It gives every row amplitude;
                its squares hold the interference of both terms too and are thus not the mixture.
                Where the weight w of that was chosen on rows held out, so was u for this state;
                else u = w. False: ψ alone.
        """
        found = super().state(label, register=register, qubits=qubits)
        if flag("smoothed", smoothed) or register or not self.background_.weight:
            return found
        pure = self._pure()
        return embed_in_qubits(pure).normalised() if qubits else pure

    def _unnormalised(self, form: str, number: int) -> Any:
        state, background = self._pure(), self.background_
        if form == "background":
            return self._with_register(state, background)
        if not background.weight:
            return state
        return plus_product(state, self._by_site(background.added))

    def _with_register(self, state: Any, background: Background) -> Any:
        """Return √(1 - w) ψ ⊗ |0⟩ + √w Π √q ⊗ |1⟩, up to its norm."""
        site, vectors = state.n // 2, [np.zeros(d) for d in self.levels_]
        if background.weight:
            vectors = background.amplitudes
            vectors[0] = vectors[0] * np.sqrt(background.weight / (1 - background.weight))
        column, wide = self._site_columns()[site], doubled(state, site)
        vectors[column] = np.pad(vectors[column], (self.levels_[column], 0))
        return parted(plus_product(wide, self._by_site(vectors)), site)

    def _best_coherent(self, background: Background, held: Counted) -> float:
        """Return the best weight of a background in the amplitude form, on rows held out."""
        state, rows = self._pure(), held.rows
        signs = np.where(state.amplitudes(rows[:, self._site_columns()]) < 0, -1.0, 1.0)
        both = plus_product(state, self._by_site(background.amplitudes))
        overlap = float(np.exp(2 * both.log_norm())) / 2 - 1  # ‖ψ + √q‖² = 2 + 2 ⟨ψ|√q⟩
        log_p = self._log_p(self._structure(), tuple(state.tensors), rows)
        return best_coherent(log_p, signs, background.log_p(rows), overlap, held.shares)

    @few_threads(1)
    def sample(
        self,
        n_samples: int = 1,
        seed: int = 0,
        given: Mapping[int, int] | None = None,
        random_state: RandomState = None,
    ) -> Ints:
        """Draw rows, exactly and independently, if wanted with some columns held fixed.

        Args:
            n_samples: number of rows.
            seed: of the draw.
            given: value of the columns to hold fixed, for instance {0: 1, 5: 0}; the others are
                drawn from their conditional distribution (in-painting).
            random_state: the seed by scikit-learn's name, as in the model's own parameters.

        Returns:
            Integers of shape (n_samples, columns).

        Raises:
            ArgumentError: no such column or value, or values that never occur together.
        """
        check_is_fitted(self)
        positive_int("n_samples", n_samples)
        drawn = chosen_seed(seed, random_state)
        fixed = self._checked_given(given)
        state, weight = self._conditioned(fixed)
        out = np.empty((n_samples, len(self.levels_)), dtype=np.int64)
        rng = generator(drawn, "background")
        independent = rng.random(n_samples) < weight
        if not independent.all():
            count = n_samples - int(independent.sum())
            found = state.normalised().sample(count, drawn)
            out[np.ix_(~independent, self._site_columns())] = found
        out[independent] = self.background_.draw(int(independent.sum()), rng)
        for column, value in fixed.items():
            out[:, column] = value
        return out

    def _checked_given(self, given: Any) -> dict[int, int]:
        if given is not None and not isinstance(given, Mapping):
            raise fail("given", "a mapping of columns to values, or None", given)
        fixed = dict(given or {})
        for column, value in fixed.items():
            bounded_int("given", column, 0, len(self.levels_) - 1)
            bounded_int(f"given[{column}]", value, 0, self.levels_[column] - 1)
        return fixed

    def _conditioned(self, fixed: Mapping[int, int]) -> tuple[Any, float]:
        """Return ψ with columns held fixed, and the weight of the background given these.

            w q(fixed) / ((1 - w) p(fixed) + w q(fixed))

        Raises:
            ArgumentError: their values never occur together.
        """
        state = self._pure()
        tensors = list(state.tensors)
        for column, value in fixed.items():
            self._hold(column, value, tensors)
        state = replace(state, tensors=tuple(tensors))
        missing = np.ones((1, len(self.levels_)), dtype=bool)
        rows = np.zeros((1, len(self.levels_)), dtype=np.int64)
        for column, value in fixed.items():
            missing[0, column], rows[0, column] = False, value
        share = self._background_share(np.array([2 * state.log_norm()]), rows, missing)
        if np.isnan(share[0]):
            raise ArgumentError(
                f"Argument `given` must name values that can occur together, but {dict(fixed)} has "
                "probability 0 under the model."
            )
        return state, float(share[0])

    @few_threads(1)
    def impute(
        self,
        X: ArrayLike,
        how: str = "likely",
        seed: int = 0,
        random_state: RandomState = None,
    ) -> Ints:
        """Fill in what is missing from rows, given what is there.

        Args:
            X: shape (samples, columns), NaN where a value is missing.
            how: "likely" takes for every column the value that is most likely given all values
                that are known, which is right as often as can be; "drawn" draws all missing values
                of a row from their joint distribution, which keeps what columns know of each other.
            seed: of the draw.
            random_state: the seed by scikit-learn's name.

        Returns:
            Integers of shape (samples, columns), numbers of bins for columns that are cut, as
            `sample` gives them.

        Raises:
            ArgumentError: the rows cannot be used, or one has values that never occur together.

        Cost: rows · sites · bond³ on a chain, bond⁴ on a tree.

        Example:
            >>> from qtn.models import MPSBornMachine
            >>> model = MPSBornMachine(2, sweeps=5).fit([[0, 1], [1, 0]])
            >>> model.impute([[np.nan, 1], [np.nan, 0]])
            array([[0, 1],
                   [1, 0]])
        """
        check_is_fitted(self)
        choice("how", how, ("likely", "drawn"))
        rng = generator(chosen_seed(seed, random_state), "impute")
        found = check_rows(self, X, reset=False, missing=True)
        missing: Flags = np.isnan(found)
        rows = self._levels.apply(np.where(missing, 0.0, found), known=True)
        known: Flags = np.all(rows < np.array(self.levels_), axis=1)
        inside = np.where(known[:, None], rows, 0)
        if how == "drawn":
            log_p, filled = self._completions(inside, missing, rng)
        else:
            log_p, marginals = self._marginals(inside, missing)
        share = self._background_share(log_p, inside, missing)
        _refuse_impossible(known & ~np.isnan(share))
        if how == "drawn":
            independent = rng.random(len(rows)) < share
            fresh = self.background_.draw(int(independent.sum()), rng)
            filled[independent] = np.where(missing[independent], fresh, rows[independent])
            return filled
        for column, p in enumerate(marginals):
            both = (1 - share[:, None]) * p
            if self.background_.weight:
                both = both + share[:, None] * self.background_.probabilities[column]
            rows[:, column] = np.where(missing[:, column], both.argmax(axis=1), rows[:, column])
        return rows

    def _background_share(self, log_p: Floats, rows: Ints, missing: Flags) -> Floats:
        """Return the weight of the background given what is known of rows; NaN: impossible."""
        weight = self.background_.weight
        if not weight:
            known = np.maximum((~missing).sum(axis=1), 1)
            return np.where(log_p < _IMPOSSIBLE * known, np.nan, 0.0)
        log_q = np.zeros(len(rows))
        for column, p in enumerate(self.background_.probabilities):
            log_q += np.where(missing[:, column], 0.0, np.log(p)[rows[:, column]])
        odds = np.log(weight) + log_q - np.log1p(-weight) - log_p
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -700, 700))))


def _refuse_impossible(possible: Flags) -> None:
    if not possible.all():
        row = int(np.argmin(possible))
        raise ArgumentError(
            "Argument `X` must hold values that can occur together, but what is known of row "
            f"{row} has probability 0 under the model. Leave more of it open, or fit with a "
            "background (mixture=)."
        )
