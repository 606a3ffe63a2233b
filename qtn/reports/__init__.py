"""From results to a table, figures and one page that can be passed on."""

from qtn.reports.compare import Comparison, Row, compare
from qtn.reports.demo import DemoResult, run_demo

__all__ = ["Comparison", "DemoResult", "Row", "compare", "run_demo"]
