"""From results to a table, figures and one page that can be passed on."""

from qtn.reports.comparison import Comparison
from qtn.reports.demo import DemoResult, run_demo
from qtn.reports.door import compare
from qtn.reports.joules.assumptions import Assumption
from qtn.reports.joules.balance import energy
from qtn.reports.joules.exponent import SchmidtFit, schmidt_exponent
from qtn.reports.joules.use import EnergyUse
from qtn.reports.rows import Costs, Measure, Row

__all__ = [
    "Assumption",
    "Comparison",
    "Costs",
    "DemoResult",
    "EnergyUse",
    "Measure",
    "Row",
    "SchmidtFit",
    "compare",
    "energy",
    "run_demo",
    "schmidt_exponent",
]
