"""What is kept of a comparison: records of models and of the making, and their form in a file."""

from qtn.reports.records.made import Made, made_now
from qtn.reports.records.model_record import CircuitRecord, ModelRecord, record_of
from qtn.reports.records.placed import Placement

__all__ = ["CircuitRecord", "Made", "ModelRecord", "Placement", "made_now", "record_of"]
