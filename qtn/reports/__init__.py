"""From results to a table, figures and one page that can be passed on."""

from qtn.reports.demo import DemoResult, run_demo
from qtn.reports.door import Comparison, Row, compare

__all__ = ["Comparison", "DemoResult", "Row", "compare", "run_demo"]
