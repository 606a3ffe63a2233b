"""What can be said of figures that were measured on finitely many rows: intervals and tests."""

from qtn.statistics.jackknife import log_interval
from qtn.statistics.multiplicity import holm
from qtn.statistics.paired import Difference, compare_errors, compare_hits, mcnemar
from qtn.statistics.proportions import proportion_error, proportion_interval
from qtn.statistics.resampling import interval_of, resampled_means

__all__ = [
    "Difference",
    "compare_errors",
    "compare_hits",
    "holm",
    "interval_of",
    "log_interval",
    "mcnemar",
    "proportion_error",
    "proportion_interval",
    "resampled_means",
]
