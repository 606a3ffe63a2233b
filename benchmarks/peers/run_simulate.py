"""TeNPy's jobs of the simulation benchmark, run in an environment of their own.

    python run_simulate.py 1e-08|1e-14|ground

Prints one JSON object: CPU seconds, largest bond, and the figure that tells the accuracy.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings

import numpy as np
from tenpy.algorithms.dmrg import TwoSiteDMRGEngine
from tenpy.algorithms.tebd import TEBDEngine
from tenpy.models.tf_ising import TFIChain
from tenpy.models.xxz_chain import XXZChain
from tenpy.networks.mps import MPS

N, TIME, STEP = 50, 2.0, 0.05


def quench(cutoff: float) -> dict[str, float]:
    """Heisenberg chain from the Néel state, total Sz conserved, cut as the others cut."""
    model = XXZChain({"L": N, "Jxx": 1.0, "Jz": 1.0, "hz": 0.0, "bc_MPS": "finite"})
    state = MPS.from_product_state(model.lat.mps_sites(), ["up", "down"] * (N // 2))
    options = {
        "order": 2, "dt": STEP, "N_steps": round(TIME / STEP),
        "trunc_params": {"trunc_cut": cutoff**0.5, "svd_min": None, "chi_max": 256},
    }  # fmt: skip
    start = time.process_time()
    TEBDEngine(state, model, options).run()
    seconds = time.process_time() - start
    value = float(np.real(state.expectation_value("Sz")[25]))
    return {"seconds": seconds, "bond": max(state.chi), "figure": value}


def ground() -> dict[str, float]:
    """Critical transverse-field Ising chain at bond 32."""
    model = TFIChain({"L": N, "J": 1.0, "g": 1.0, "bc_MPS": "finite"})
    state = MPS.from_product_state(model.lat.mps_sites(), ["up"] * N)
    options = {"trunc_params": {"chi_max": 32, "svd_min": 1e-10}, "mixer": True, "max_sweeps": 40}
    start = time.process_time()
    energy, _ = TwoSiteDMRGEngine(state, model, options).run()
    seconds = time.process_time() - start
    return {"seconds": seconds, "bond": max(state.chi), "figure": float(energy)}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    job = sys.argv[1]
    print(json.dumps(ground() if job == "ground" else quench(float(job))))
