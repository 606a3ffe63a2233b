"""Noise mitigation: plan, run, estimate, with standard errors."""

from __future__ import annotations

from qtn.mitigation.budget import ShotBudget
from qtn.mitigation.calibration import (
    ReadoutCalibration,
    calibrate_readout,
    calibration_circuits,
    calibration_from_bits,
)
from qtn.mitigation.decouple import DynamicalDecoupling
from qtn.mitigation.distil import virtual_distillation
from qtn.mitigation.extrapolate import Extrapolation, extrapolate
from qtn.mitigation.folding import fold, reachable_factors, two_qubit_gates
from qtn.mitigation.learn import LearnedMap, Twins, learn_map
from qtn.mitigation.noise_model import PauliNoise, learn_noise
from qtn.mitigation.pec import PEA, PEC
from qtn.mitigation.pipeline import Measured, measure, mitigate
from qtn.mitigation.plan import Plan, plan
from qtn.mitigation.readout import Readout
from qtn.mitigation.select import PostSelection
from qtn.mitigation.technique import Technique
from qtn.mitigation.tem import TEM
from qtn.mitigation.transfer import transfer_map
from qtn.mitigation.twin_zne import TwinZNE
from qtn.mitigation.twirl import Twirl
from qtn.mitigation.zne import ZNE

__all__ = [
    "PEA",
    "PEC",
    "TEM",
    "ZNE",
    "DynamicalDecoupling",
    "Extrapolation",
    "LearnedMap",
    "Measured",
    "PauliNoise",
    "Plan",
    "PostSelection",
    "Readout",
    "ReadoutCalibration",
    "ShotBudget",
    "Technique",
    "TwinZNE",
    "Twins",
    "Twirl",
    "calibrate_readout",
    "calibration_circuits",
    "calibration_from_bits",
    "extrapolate",
    "fold",
    "learn_map",
    "learn_noise",
    "measure",
    "mitigate",
    "plan",
    "reachable_factors",
    "transfer_map",
    "two_qubit_gates",
    "virtual_distillation",
]
