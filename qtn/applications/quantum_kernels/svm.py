r"""A support vector machine on a quantum kernel, with the manners of scikit-learn.

Nothing is learned from rows that are not in `fit`: scaling and principal components are fitted on
them, representatives are distilled from them, and the bandwidth and C are chosen by
cross-validation on them, with the exact kernel whatever `method` says: a device is asked for the
kernels of the final machine only.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from qtn._checks import bounded_int, choice, fail, positive_int, real
from qtn._machine import MOST, few_threads
from qtn._progress import checked_progress
from qtn._random import derived_seed
from qtn.applications.quantum_kernels.base import FeatureMap
from qtn.applications.quantum_kernels.distillation import distil
from qtn.applications.quantum_kernels.door import (
    METHODS,
    check_angles,
    exact_kernel,
    off_diagonal,
    warn_concentrated,
)
from qtn.applications.quantum_kernels.feature_maps import read_map
from qtn.applications.quantum_kernels.nystrom import Nystrom
from qtn.applications.quantum_kernels.rbf_report import KernelReport, beside
from qtn.applications.quantum_kernels.selection import (
    COSTS,
    MOST_ROWS,
    Choice,
    a_part,
    bandwidths,
    chosen,
)
from qtn.errors import ArgumentError
from qtn.estimate import Estimate
from qtn.models.base import estimator
from qtn.models.training.rows import all_or_nothing, check_labelled, check_rows, known_labels

Floats = NDArray[np.float64]
AUTO = "auto"
MAX_COST = 1e6  # of a support vector machine: beyond, its search may not end


@estimator(
    *("feature_map", "bandwidth", "C", "components", "per_class", "landmarks", "method", "device"),
    *("shots", "mitigation", "budget", "folds", "seed", "progress"),
)
class QuantumKernelClassifier(ClassifierMixin, BaseEstimator):
    """Support vector machine on the kernel of a feature map.

    Args:
        feature_map: as in `qtn.kernel_matrix`.
        bandwidth: what features are multiplied with; "auto" chooses it by cross-validation, None
            leaves that of the map.
        C: the cost of a support vector machine; "auto" chooses among 1, 10 and 100.
        components: principal components of the standardised columns, scaled to [-1, 1], take the
            place of the features: one qubit each. None leaves the features as they are.
        per_class: rows to distil from each class, see `distil`; None keeps all rows.
        landmarks: rows of a Nyström approximation, distilled class by class; None computes the
            whole kernel.
        method: "auto", "tensor", "vector" or "circuit", as in `qtn.kernel_matrix`.
        device, shots, mitigation, budget: of "circuit", as in `qtn.QuantumKernel`.
        folds: of the cross-validation, at least 2.
        seed: of folds, centres, and counts.
        progress: show a bar while circuits run; None shows it in a terminal or notebook.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_: columns of X.
        rows_: numbers of the training rows that were kept.
        bandwidth_: of the feature map.
        C_: cost.
        choice_: a `Choice`: what cross-validation tried, on at most some 600 rows; None where
            nothing was open.
        kernel_: `Estimate` of the training matrix, or of its columns at the landmarks; its
            `method` says whether it was made positive.
        median_: of the training kernel off its diagonal.
        seconds_: CPU seconds of the choice ("choice") and of kernel and machine ("fit").

    Example:
        >>> x = np.random.default_rng(0).uniform(-1, 1, (60, 4))
        >>> y = x[:, 0] * x[:, 1] > 0
        >>> model = QuantumKernelClassifier().fit(x[:40], y[:40])
        >>> bool(model.score(x[40:], y[40:]) > 0.6)
        True

    Reference: arXiv:2508.00024. What differs: everything is fitted on training rows, and the
    bandwidth is chosen.
    """

    feature_map: Any = field(default="rotations", kw_only=False)
    bandwidth: float | str | None = AUTO
    C: float | str = AUTO
    components: int | None = None
    per_class: int | None = None
    landmarks: int | None = None
    method: str = AUTO
    device: Any = "aer"
    shots: int = 4096
    mitigation: Sequence[Any] = ()
    budget: Any = None
    folds: int = 3
    seed: int = 0
    progress: bool | None = None

    # ---------------------------------------------------------------- training

    @few_threads(MOST)
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit scaling, bandwidth, C and the machine on rows X with labels y.

        Args:
            X: shape (samples, features).
            y: labels, shape (samples,), of any type that sorts.

        Returns:
            The fitted model itself.

        Raises:
            ArgumentError: a parameter or the data cannot be used; nothing was run.
            BudgetError, DeviceError: as in `qtn.run`.

        Warns:
            UserWarning: the kernel is concentrated, see `qtn.kernel_matrix`.

        Cost: up to seven kernels of some 600 rows for the choice; then that of the kernel.
        """
        self._check_parameters()
        with all_or_nothing(self):
            rows, self.classes_, numbers = check_labelled(self, X, y)
            self._train = (rows, numbers)
            scaled = self._fit_scaling(rows)
            check_angles(self._known(), scaled)
            everything = np.arange(len(rows))
            self.rows_ = (
                everything if self.per_class is None
                else distil(scaled, numbers, self.per_class, self.seed)
            )  # fmt: skip
            scaled, numbers = scaled[self.rows_], numbers[self.rows_]
            began = time.process_time()
            self.choice_ = self._choose(scaled, numbers)
            between = time.process_time()
            self._fit_machine(scaled, numbers)
            self.seconds_ = {"choice": between - began, "fit": time.process_time() - between}
        warn_concentrated(self._square)
        return self

    def _check_parameters(self) -> None:
        read_map(self.feature_map)
        for name in ("bandwidth", "C"):
            value = getattr(self, name)
            if isinstance(value, str):
                choice(name, value, (AUTO,), way_out="Or give a positive number.")
            elif value is not None or name == "C":
                high = MAX_COST if name == "C" else float("inf")
                real(name, value, 0.0, high, open_low=True, way_out='Or "auto".')
        for name in ("components", "per_class", "landmarks"):
            if getattr(self, name) is not None:
                positive_int(name, getattr(self, name))
        choice("method", self.method, METHODS)
        positive_int("shots", self.shots)
        checked_progress(self.progress)
        bounded_int("folds", self.folds, 2)
        bounded_int("seed", self.seed, 0)

    def _fit_scaling(self, rows: Floats) -> Floats:
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import MinMaxScaler, StandardScaler

        self._scaling = None
        if self.components is None:
            return rows
        most = min(rows.shape)
        positive_int("components", self.components, maximum=most,
                     way_out="Rows have no more components than rows or columns.")  # fmt: skip
        stream = derived_seed(self.seed, "components")
        pca = PCA(self.components, random_state=stream)
        self._scaling = make_pipeline(StandardScaler(), pca, MinMaxScaler((-1, 1)))
        return np.asarray(self._scaling.fit_transform(rows))

    def _known(self) -> FeatureMap:
        """Return the map before anything is chosen."""
        given = self.bandwidth if self.bandwidth != AUTO else 1.0
        return read_map(self.feature_map, None if given is None else float(given))

    def _choose(self, rows: Floats, y: NDArray[np.int64]) -> Choice | None:
        """Choose what is "auto", and set the feature map and C."""
        known = read_map(self.feature_map)
        wide = self.bandwidth == AUTO
        self.C_ = float("nan") if self.C == AUTO else float(self.C)
        self._map, found = self._known(), None
        if wide or self.C == AUTO:
            part = a_part(y, MOST_ROWS, self.seed)
            costs = COSTS if self.C == AUTO else (float(self.C),)
            try:
                widths = bandwidths(known, rows[part], self.seed) if wide else [None]
                maps = [self._map if width is None else read_map(known, width) for width in widths]
                kernels = ((m.bandwidth, exact_kernel(rows[part], None, m)) for m in maps)
                found = chosen(kernels, y[part], costs, self.folds, self.seed)
            except ArgumentError as error:
                raise ArgumentError(
                    f"The exact kernel, by which bandwidth and C are chosen, cannot be had: {error}"
                    " Or give `bandwidth` and `C`; then nothing is chosen."
                ) from error
            self._map, self.C_ = read_map(known, found.label), found.cost
        self.bandwidth_ = self._map.bandwidth
        return found

    def _fit_machine(self, rows: Floats, y: NDArray[np.int64]) -> None:
        from sklearn.svm import SVC

        self._nystrom = None
        if self.landmarks is None:
            self._anchors = rows
            self.kernel_ = self._kernel(rows, None, "fit")
            inner = self._square = np.asarray(self.kernel_.value)
            self._svc = SVC(C=self.C_, kernel="precomputed").fit(inner, y)
        else:
            share = -(-self.landmarks // len(self.classes_))
            self._anchors = rows[distil(rows, y, share, self.seed)]
            self._square = np.asarray(self._kernel(self._anchors, None, "landmarks").value)
            self._nystrom = Nystrom.of(self._square)
            self.kernel_ = self._kernel(rows, self._anchors, "fit")
            columns = self._nystrom.features(np.asarray(self.kernel_.value))
            self._svc = SVC(C=self.C_, kernel="linear").fit(columns, y)
        self.median_ = off_diagonal(self._square)

    def _kernel(self, x: Floats, z: Floats | None, what: str) -> Estimate:
        if self.method != "circuit":
            value = exact_kernel(x, z, self._map, self.method)
            return Estimate(value, np.broadcast_to(0.0, value.shape), 0, "exact")
        from qtn.hybrid import QuantumKernel

        kernel = QuantumKernel(
            feature_map=self._map.circuit(x.shape[1]), device=self.device, shots=self.shots,
            mitigation=self.mitigation, seed=derived_seed(self.seed, what), budget=self.budget,
            progress=self.progress,
        )  # fmt: skip
        return kernel.matrix(x, z)

    # ---------------------------------------------------------------- answers

    def decision_function(self, X: ArrayLike) -> Floats:
        """Return the decision values of rows, as `sklearn.svm.SVC` has them.

        Args:
            X: shape (samples, features).

        Raises:
            ArgumentError: rows that cannot be used.

        Cost: the kernel of the rows with the support vectors, or with the landmarks.
        """
        check_is_fitted(self)
        return np.asarray(self._svc.decision_function(self._columns(X)))

    @few_threads(MOST)
    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the labels of rows; arguments, errors and cost as in `decision_function`."""
        check_is_fitted(self)
        found = self._svc.predict(self._columns(X))
        return np.asarray(self.classes_[found])

    def _columns(self, X: ArrayLike) -> Floats:
        rows = check_rows(self, X, reset=False)
        if self._scaling is not None:
            rows = np.asarray(self._scaling.transform(rows))
        check_angles(self._map, rows)
        if self._nystrom is not None:
            return self._nystrom.features(
                np.asarray(self._kernel(rows, self._anchors, "new").value)
            )
        support = self._svc.support_
        columns = np.zeros((len(rows), len(self._anchors)))  # no other column is looked at
        columns[:, support] = self._kernel(rows, self._anchors[support], "new").value
        return columns

    @few_threads(MOST)
    def beside(self, X: ArrayLike, y: ArrayLike) -> KernelReport:
        """Return the accuracy on rows beside machines with RBF kernels.

        Two peers of the same training rows: on the features that the quantum kernel has, and on
        all, as they are or standardised. Their width and C are chosen as those of the quantum
        kernel.

        Args:
            X: rows to test on, shape (samples, features).
            y: their labels.

        Raises:
            ArgumentError: rows or labels that cannot be used.

        Cost: two choices and fits of kernels that take rows² · features each.
        """
        check_is_fitted(self)
        found, labels = self.predict(X), known_labels(y, self.classes_)
        if labels.shape != found.shape:
            raise fail("y", f"one label per row, shape {found.shape}", labels)
        right = found == labels
        return beside(self, np.asarray(X, dtype=np.float64), labels, right)
