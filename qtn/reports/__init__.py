"""From results to a table, figures and one page that can be passed on."""

from qtn.reports.comparison import Comparison
from qtn.reports.demo import DemoResult, run_demo
from qtn.reports.door import compare
from qtn.reports.table import Row, Table

__all__ = ["Comparison", "DemoResult", "Row", "Table", "compare", "run_demo"]
