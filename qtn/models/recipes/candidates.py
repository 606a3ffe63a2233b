"""The recipes that a search tries, by the shape of the table.

Found by experiment on the tables of the benchmark of default constructors (150 to 5,000 rows, 1 to
500 columns), on splits into training and test rows other than those it reports (seeds 101 to 104;
reported are 7001 to 7005). Its figures are thus not those of tables never seen before.

Four feature maps compete. Trigonometric features and powers on the range of a column bend little
and are steady on many columns; Legendre polynomials see finer structure; on quantiles they do so
for long tails and clusters too, and with noise on the columns they learn neighbourhoods rather than
rows. All chains start from the linear model, so that few epochs suffice; those of many sites take
small steps and little noise, since an error in one core is multiplied by all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Columns from which Legendre polynomials are left out, and beyond which steps get smaller.
_MANY = 32
_LONG = 64
# Sites up to which a column may stand on several, which raises the degree of its polynomials.
_FEW_SITES = 16
# Noise of the column that tells most, in parts of its range of quantiles, and a bond to go with it.
_JITTER, _WIDE = 0.035, 16
# Rows below which that, and other orders of the columns, fit noise rather than structure.
FEW_ROWS = 200
# Epochs of a candidate, and the processor time in seconds that a fit may take for its rows: an
# epoch takes about `_STEP` seconds per step and `_ENTRY` per row, site and entry of a core of bond
# 8; kernels are the faster per entry the wider it is.
MOST_EPOCHS = 40
_BUDGET = 8.0
_STEP, _ENTRY = 6e-4, 1.7e-9
Candidate = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """The shape of a table.

    Args:
        rows: how many there are.
        columns: how many there are.
        outputs: classes or targets.
        binary: whether no column has more than two values.
    """

    rows: int
    columns: int
    outputs: int
    binary: bool = False

    @property
    def folds(self) -> int:
        """How often rows are held out: the fewer, the more often."""
        return 5 if self.rows < 1000 else 1


T, P, L, Q = "trigonometric", "polynomial", "legendre", "legendre on quantiles"
PHYS = {T: 2, P: 3, L: 4}


def chain_classifiers(table: Table) -> list[Candidate]:
    """Return recipes of `MPSClassifier`, the first as good a guess as any."""
    base = _chain(table, max(8, table.outputs + 2)) | {"loss": "softmax", "generative": 0.0}
    found = _chain_maps(table, base)
    if table.folds > 1:
        gentle = [name for name in (L, Q) if name in found]
        found |= {f"{name}, gently": found[name] | {"ridge": 0.1} for name in gentle}
    found |= _noisy(table, base)
    if table.columns >= _MANY and len(found) > len((P, T)):
        del found[T]  # never the best of three there
    rates = {T: 5e-3, P: 2e-3, L: 5e-3, Q: 5e-3, f"{L}, gently": 1.5e-3, f"{Q}, gently": 1.5e-3}
    return _timed(found, table, rates, 5e-3)


def chain_regressors(table: Table) -> list[Candidate]:
    """Return recipes of `MPSRegressor`; those of no epochs are ridge regressions on features."""
    base = _chain(table, max(8, table.outputs + 1))
    found, large = _chain_maps(table, base), f"{Q}, large steps"
    if Q in found:
        found[large] = found[Q]
    trained = _timed(found, table, {large: 5e-3}, 2e-3)
    plain = {"epochs": 0, "noise": 0.0, "bond": table.outputs + 1, "batch_size": 64}
    linear = [
        (f"linear in {name}, ridge {ridge:g}", {**base, **_features(name), **plain, "ridge": ridge})
        for name in (L, P)
        for ridge in (1e-2, 1e-1, 1.0)
    ]
    return trained + linear


def _chain_maps(table: Table, base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {name: base | _features(name) for name in _maps(table)}
    for copies in (2, 3):
        fits = table.columns * copies <= _FEW_SITES and table.rows >= FEW_ROWS
        if fits and not table.binary:
            for name in (L, Q):
                found[f"{name}, {copies} sites per column"] = found[name] | {"copies": copies}
    return found


def _noisy(table: Table, base: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the recipe whose columns come with noise, which the wider bond then does not learn."""
    if table.binary or table.columns > _LONG:
        return {}
    wider = {"bond": max(_WIDE, base["bond"]), "noise": 3 * base["noise"], "jitter": _JITTER}
    return {f"{Q}, jitter": base | _features(Q) | wider}


def tree_models(table: Table, base: dict[str, Any]) -> list[Candidate]:
    """Return recipes of trees, which start by coarse-graining the rows."""
    found = {name: base | {"bond": 8} | _features(name) for name in _maps(table)}
    return _timed(found, table, {}, 5e-3)


def _maps(table: Table) -> tuple[str, ...]:
    if table.columns >= _MANY:
        return (P, T)
    if table.binary:
        return (T, P)
    return (L, Q, P, T)


def _features(name: str) -> dict[str, Any]:
    if name == Q:
        return {"features": "legendre", "rescale": "quantiles"}
    return {"features": name, "rescale": True}


def _chain(table: Table, bond: int) -> dict[str, Any]:
    wide = table.columns > table.rows / 2
    return {
        "bond": bond,
        "start": "screened" if wide else "linear",
        "noise": min(1e-3, 0.01 / table.columns),
        "ridge": 1e-2,
    }


def _timed(
    found: dict[str, dict[str, Any]], table: Table, rates: dict[str, float], rate: float
) -> list[Candidate]:
    """Add batch sizes, rates (`rate` unless named) and epochs, as many as the time allows."""
    batch = 64 if table.rows < 2000 else 128 if table.rows < 20_000 else 256
    out = []
    for name, settings in found.items():
        sites = table.columns * settings.get("copies", 1)
        size = sites * 8 * settings["bond"] * PHYS[settings["features"]]
        epoch = table.rows / min(batch, table.rows) * _STEP + table.rows * size * _ENTRY
        epochs = int(_BUDGET / (len(found) * table.folds) / epoch)
        timing = {
            "learning_rate": rates.get(name, rate) * min(1.0, _LONG / sites) ** 1.5,
            "batch_size": batch,
            "epochs": min(max(epochs, 10), MOST_EPOCHS),
        }
        out.append((name, settings | timing))
    return out
