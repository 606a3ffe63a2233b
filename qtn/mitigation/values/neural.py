"""Extrapolation by feed-forward networks over the noise level of one circuit.

An ensemble of small networks is fitted to value against noise factor, both standardised, and read
off at zero. A network has no reason to extrapolate well: over the noise levels of a single circuit
plain fits were as good or better in our comparisons. It is offered, and not the default.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from qtn._random import derived_seed

Floats = NDArray[np.float64]


def neural_values(
    x: Floats,
    y: Floats,
    *,
    hidden: tuple[int, ...] = (8,),
    activation: str = "tanh",
    penalty: float = 1e-3,
    ensemble: int = 5,
    seed: int = 0,
) -> Floats:
    """Return the value at x = 0 of networks fitted to each column of y.

    Args:
        x: (factors,) noise factors.
        y: (factors, columns) values.
        hidden: widths of the hidden layers.
        activation: "tanh" or "relu".
        penalty: weight decay.
        ensemble: networks with different starts, averaged.
        seed: seed of the starts.

    Returns:
        (columns,) values.

    Cost: `ensemble` fits of a few milliseconds per column.

    Example:
        >>> x = np.array([1.0, 2.0, 3.0]); y = (1 - 0.1 * x)[:, None]
        >>> bool(abs(neural_values(x, y)[0] - 1) < 0.05)
        True

    Reference: "Zero-noise extrapolation with neural networks", arXiv:2403.07025; networks,
        training and scaling are chosen here.
    """
    shape = {"hidden_layer_sizes": hidden, "activation": activation, "alpha": penalty}
    return neural_curves(x, y, np.zeros(1), ensemble, seed, **shape)[0]


def neural_curves(
    x: Floats, y: Floats, at: Floats, ensemble: int = 5, seed: int = 0, **shape: Any
) -> Floats:
    """Return the values (places, columns) of the same networks at the noise factors `at`."""
    shape = {"hidden_layer_sizes": (8,), "activation": "tanh", "alpha": 1e-3} | shape
    centre, scale = x.mean(), x.std()
    inputs = ((x - centre) / scale)[:, None]
    places = (at - centre)[:, None] / scale
    found = []
    for column in y.T:
        middle, spread = column.mean(), max(column.std(), 1e-9)
        outputs = (column - middle) / spread
        values = []
        for member in range(ensemble):
            network = MLPRegressor(
                **shape,
                solver="lbfgs",
                max_iter=1000,
                random_state=derived_seed(seed, "neural", member),
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the limit is deliberate
                network.fit(inputs, outputs)
            values.append(network.predict(places))
        found.append(middle + spread * np.mean(values, axis=0))
    return np.array(found).T


def neural_jacobian(x: Floats, y: Floats, variances: Floats) -> Floats:
    """Return derivatives (factors, columns) of `neural_values` by the data.

    Differences over one standard error, because the fit is only piecewise smooth.
    """
    jacobian = np.empty_like(y)
    for s in range(len(x)):
        step = np.zeros_like(y)
        step[s] = np.sqrt(variances[s])
        change = neural_values(x, y + step) - neural_values(x, y - step)
        jacobian[s] = change / (2 * step[s])
    return jacobian
