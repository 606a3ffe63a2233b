"""From results to a table, figures and one page that can be passed on."""

from qtn.reports.comparison import Comparison
from qtn.reports.demo import DemoResult, run_demo
from qtn.reports.door import compare
from qtn.reports.rows import Costs, Measure, Row

__all__ = ["Comparison", "Costs", "DemoResult", "Measure", "Row", "compare", "run_demo"]
