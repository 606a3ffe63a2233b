"""What a fitted model gives to a compiler: one manner for all models, `state` and `circuit`.

A model whose tensors are free is one unnormalised state W_c per output, f_c(x) = ⟨Φ(x)|W_c⟩ with
the row's product state Φ(x) of `site_vectors`. Three states are made of them:

    state(label=c)             ψ = W_c / ‖W_c‖
    state(register="label")    ψ = Σ_c W_c ⊗ |c⟩ / (Σ_c ‖W_c‖²)^½
    state(register="root")     ψ = Σ_u T_u ⊗ |u⟩ / ‖T‖,     W_c = Σ_u Λ_cu T_u    (trees)

A Born machine of the density (1 - w) |ψ|² + w Π q, w its background's weight, has the states

    state()                         √(1 - u) ψ + √u Π √q, normalised
    state(register="background")    √(1 - w) ψ ⊗ |0⟩ + √w Π √q ⊗ |1⟩

the second of which is the density exactly once its register is forgotten.

The label register stands where the network has its label, so that no bond becomes wider than the
network's. A row leaves h(x)/‖h(x)‖ in the root register, h_u = ⟨Φ(x)|T_u⟩, of which `readout_`
makes exactly what a tree predicts, signs included; squares of overlaps do not know signs. An
isometric model discards qubits: it is a channel, which `circuit` writes down.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from qtn._checks import choice, fail, flag
from qtn._machine import few_threads
from qtn.errors import ArgumentError
from qtn.models.training.rows import label_number
from qtn.states.qubits import embed_in_qubits

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qtn.states import MPS, TTN

# The calls that give the forms, and what to do where a model lacks one.
CALLS = {
    "state": "state(label=...)",
    "label": 'state(register="label")',
    "root": 'state(register="root")',
    "background": 'state(register="background")',
    "circuit": "circuit()",
}
_INSTEAD = {
    "state": "An isometric model discards qubits, so it is a channel: train with isometric=False.",
    "label": "A register tells classes or targets apart.",
    "root": "Trees that are states have a root.",
    "background": "Born machines have one.",
    "circuit": "Classifiers trained with isometric=True are circuits; states are compiled.",
}


class Compilable(ABC):
    """A fitted model as a state, as a state with a register, or as a circuit."""

    network_: Any  # of models trained by gradients

    @property
    @abstractmethod
    def forms_(self) -> tuple[str, ...]:
        """The forms of the fitted model, of the keys of `CALLS`."""

    @abstractmethod
    def site_vectors(self, X: ArrayLike) -> list[NDArray[np.float64]]:
        """Return the vectors whose product is Φ(x), which `state` is contracted with.

        Args:
            X: shape (samples, features).

        Returns:
            One array (samples, dimension) per site, in the order of the sites, not normalised. A
            register has none.

        Raises:
            ArgumentError: the rows cannot be used.
        """

    @abstractmethod
    def _labels(self) -> list[Any]:
        """Return what `label` chooses from; nothing where there is one state."""

    @abstractmethod
    def _unnormalised(self, form: str, number: int) -> MPS | TTN:
        """Return what `state` gives in a form that the model has, with its norm."""

    @few_threads(1)
    def state(
        self, label: Any = None, *, register: str | None = None, qubits: bool = False
    ) -> MPS | TTN:
        """Return a normalised state of the fitted model, one site per column (or its copies).

        For rows x with the product state Φ(x) of `site_vectors` and the norms `log_norms_`,

            ⟨Φ(x)|state(label=c)⟩ = f_c(x) / ‖W_c‖,     |⟨Φ(x), c|state(register="label")⟩|² = s_c

        with s_c what `scores` gives. A Born machine without a background has
        |⟨v|state()⟩|² = p(v), with one Σ_r |⟨v, r|state(register="background")⟩|² = p(v).

        Args:
            label: of a classifier one of `classes_`, of a regressor of several targets the number
                of one; None where there is one state only.
            register: "label" puts all outputs into one state whose register holds the number of
                the output; "root" opens a tree at its root, see `readout_`; "background" holds 1
                where a row is of a Born machine's background.
            qubits: True writes every site of d levels on ⌈log₂ d⌉ qubits, most significant first,
                as `qtn.compile` needs it; registers as well.

        Returns:
            An `MPS` of a chain, a `TTN` of a tree, float64. Site i of a chain holds column
            `order_[i]`, which `state.origin.columns` remembers where it is not column i; a register
            stands in the middle and counts as one more column after the last. Site i of a tree
            holds column i, a register is its last site.

        Raises:
            ArgumentError: no such label, or a form that the model has not got.
        """
        choice("register", register, (None, "label", "root", "background"))
        flag("qubits", qubits)
        form = register or "state"
        self._check_form(form)
        if register is not None and label is not None:
            raise fail("label", "None for a register, which holds all of them", label)
        number = self._output_number(label) if register is None else 0
        found = self._unnormalised(form, number).normalised()
        return embed_in_qubits(found).normalised() if qubits else found

    @few_threads(1)
    def circuit(self, reset: bool = False) -> QuantumCircuit:
        """Return an isometric model as a circuit, exactly; see `qtn.models.networks.circuits`.

        Args:
            reset: True uses discarded qubits again (mid-circuit reset): a chain then takes
                log₂(bond) + 1 qubits, a tree a number that grows with its depth.

        Returns:
            A circuit with one angle π·x per site, x as `site_values` gives it; the measured
            value modulo the number of classes is the number of the class, with the probability
            that `scores` gives. Nothing is post-selected.

        Raises:
            ArgumentError: the model is not isometric.
        """
        flag("reset", reset)
        self._check_form("circuit")
        from qtn.models.networks.circuits import isometric_circuit

        return isometric_circuit(self.network_, reset)

    def _check_form(self, form: str) -> None:
        """Raise `ArgumentError` unless the fitted model has a form, and say which it has."""
        check_is_fitted(self)
        if form in self.forms_:
            return
        several = len(self._labels()) > 1
        has = [CALLS[f] if f != "state" or several else "state()" for f in self.forms_]
        raise ArgumentError(
            f"This {type(self).__name__} has no form {CALLS[form]}; it has {' and '.join(has)}. "
            f"{_INSTEAD[form]}"
        )

    def _output_number(self, label: Any) -> int:
        labels = self._labels()
        if label is None and len(labels) < 2:
            return 0
        if not labels:
            raise fail("label", "None for a model of one state", label)
        if label is None:
            known = ", ".join(repr(name) for name in labels)
            raise fail(
                "label",
                f"one of {known}",
                label,
                "There is one state for each of them: give model.state(label=...) with one, or "
                'take model.state(register="label"), a state of all.',
            )
        return label_number(label, np.array(labels))
