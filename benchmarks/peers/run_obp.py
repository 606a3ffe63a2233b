"""qiskit-addon-obp on the layers of the backpropagation benchmark, in an environment of its own.

    python run_obp.py JOBS.json OUT.json

A job holds the layers of a circuit as OpenQASM 2 (`layers`, in time order), an observable
(`labels`, `coefficients`), and the budgets (`max_paulis`, `max_qwc_groups`). OUT.json gets per job
the layers absorbed, labels and coefficients of the observable, its groups, and CPU seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from qiskit import qasm2
from qiskit.quantum_info import SparsePauliOp
from qiskit_addon_obp import backpropagate
from qiskit_addon_obp.utils.simplify import OperatorBudget


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Absorb layers until a budget is spent."""
    layers = [qasm2.loads(text) for text in job["layers"]]
    observable = SparsePauliOp(job["labels"], job["coefficients"])
    budget = OperatorBudget(
        max_paulis=job["max_paulis"], max_qwc_groups=job["max_qwc_groups"], atol=1e-14
    )
    start = time.process_time()
    found, left, _ = backpropagate([observable], layers, operator_budget=budget)
    seconds = time.process_time() - start
    return {
        "absorbed": len(layers) - len(left),
        "labels": found[0].paulis.to_labels(),
        "coefficients": [float(c.real) for c in found[0].coeffs],
        "groups": len(found[0].paulis.group_commuting(qubit_wise=True)),
        "seconds": seconds,
    }


if __name__ == "__main__":
    jobs = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps([run(job) for job in jobs]), encoding="utf-8")
