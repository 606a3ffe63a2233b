"""Noise mitigation: plan, run, estimate, with standard errors."""

from __future__ import annotations

from qtn.interop.counting import two_qubit_gates
from qtn.mitigation.door import mitigate
from qtn.mitigation.measuring import Measured, measure
from qtn.mitigation.noise_forms.aer_models import aer_noise
from qtn.mitigation.noise_forms.layers import LayerNoise, NoiseLayer
from qtn.mitigation.noise_forms.learned_layers import layer_errors
from qtn.mitigation.noise_forms.lindblad import lindblad_map, noise_maps
from qtn.mitigation.noise_forms.reader import read_noise
from qtn.mitigation.planning import plan
from qtn.mitigation.plans import Plan
from qtn.mitigation.procedures.backpropagation import Backpropagated, backpropagate
from qtn.mitigation.procedures.distil import virtual_distillation
from qtn.mitigation.procedures.distribution import mitigate_distribution
from qtn.mitigation.procedures.map_learning import learn_map
from qtn.mitigation.procedures.noise_model import learn_noise
from qtn.mitigation.procedures.transfer import transfer_map
from qtn.mitigation.shot_budget import ShotBudget
from qtn.mitigation.techniques.absorbing.pna import PNA
from qtn.mitigation.techniques.absorbing.tem import TEM
from qtn.mitigation.techniques.base import (
    Context,
    Program,
    Setting,
    Task,
    Technique,
    Variant,
)
from qtn.mitigation.techniques.decouple import DynamicalDecoupling
from qtn.mitigation.techniques.distillation import VirtualDistillation
from qtn.mitigation.techniques.folding import fold, reachable_factors
from qtn.mitigation.techniques.learn import LearnedMap, Twins
from qtn.mitigation.techniques.pec import PEA, PEC
from qtn.mitigation.techniques.readout import Readout
from qtn.mitigation.techniques.select import PostSelection
from qtn.mitigation.techniques.twin_zne import TwinZNE
from qtn.mitigation.techniques.twirl import Twirl
from qtn.mitigation.techniques.zne import ZNE
from qtn.mitigation.unfolding.histogram import MitigatedDistribution
from qtn.mitigation.values.calibration import (
    ReadoutCalibration,
    calibrate_readout,
    calibration_circuits,
    calibration_from_bits,
)
from qtn.mitigation.values.combination import Combined, Readings
from qtn.mitigation.values.correct import Corrector
from qtn.mitigation.values.extrapolation import Extrapolation, extrapolate
from qtn.mitigation.values.outcomes import Moments
from qtn.mitigation.values.pauli_noise import PauliNoise

__all__ = [
    "PEA",
    "PEC",
    "PNA",
    "TEM",
    "ZNE",
    "Backpropagated",
    "Combined",
    "Context",
    "Corrector",
    "DynamicalDecoupling",
    "Extrapolation",
    "LayerNoise",
    "LearnedMap",
    "Measured",
    "MitigatedDistribution",
    "Moments",
    "NoiseLayer",
    "PauliNoise",
    "Plan",
    "PostSelection",
    "Program",
    "Readings",
    "Readout",
    "ReadoutCalibration",
    "Setting",
    "ShotBudget",
    "Task",
    "Technique",
    "TwinZNE",
    "Twins",
    "Twirl",
    "Variant",
    "VirtualDistillation",
    "aer_noise",
    "backpropagate",
    "calibrate_readout",
    "calibration_circuits",
    "calibration_from_bits",
    "extrapolate",
    "fold",
    "layer_errors",
    "learn_map",
    "learn_noise",
    "lindblad_map",
    "measure",
    "mitigate",
    "mitigate_distribution",
    "noise_maps",
    "plan",
    "reachable_factors",
    "read_noise",
    "transfer_map",
    "two_qubit_gates",
    "virtual_distillation",
]
