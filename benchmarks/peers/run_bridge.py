"""The addons PNA and SLC on the circuits of the bridge benchmark, in an environment of their own.

    python run_bridge.py JOBS.json OUT.json

Every job holds a circuit of layers on n qubits (`layers`: ["rx", angle] on all qubits, or ["cz",
pairs, name of the noise]), the noise of every name as terms (letters, qubits, rate) `before` and
`after` the gates, the qubit of the observable Z, and what is wanted: `pna` with its numbers of
terms, or `slc` with biases. OUT.json gets per job the strings of the observable, or the bound of
the bias and γ² for every bias, and the seconds of processor time, children included (`cpu`), and on
the clock (`wall`).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import PauliLindbladMap, SparsePauliOp
from qiskit_addon_pna import generate_noise_mitigating_observable
from qiskit_addon_slc.bounds import (
    compute_backward_bounds,
    compute_forward_bounds,
    compute_local_scales,
    merge_bounds,
    tighten_with_speed_limit,
)
from qiskit_aer.noise import PauliLindbladError
from samplomatic import InjectNoise, Twirl


def seconds() -> float:
    """Processor time of this process and its children that ended."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def with_errors(job: dict[str, Any]) -> QuantumCircuit:
    """The circuit with a Pauli-Lindblad error of Aer before each layer of gates."""
    n = job["n"]
    circuit = QuantumCircuit(n)
    for layer in job["layers"]:
        if layer[0] == "rx":
            circuit.rx(layer[1], range(n))
            continue
        terms = job["noise"][layer[2]]["before"]
        op = SparsePauliOp.from_sparse_list([(a, q, 1.0) for a, q, _ in terms], n)
        circuit.append(PauliLindbladError(op.paulis, [r for *_, r in terms]), range(n))
        for pair in layer[1]:
            circuit.cz(*pair)
    return circuit


def with_boxes(job: dict[str, Any]) -> QuantumCircuit:
    """The circuit with a box of samplomatic for each layer of gates, its noise behind them."""
    n = job["n"]
    circuit = QuantumCircuit(n)
    for k, layer in enumerate(job["layers"]):
        if layer[0] == "rx":
            circuit.rx(layer[1], range(n))
            continue
        with circuit.box([Twirl(), InjectNoise(layer[2], f"layer {k}")]):
            for pair in layer[1]:
                circuit.cz(*pair)
            circuit.noop(*range(n))
    return circuit


def pna(job: dict[str, Any]) -> dict[str, Any]:
    """The noise-absorbing observable."""
    wanted = SparsePauliOp.from_sparse_list([("Z", [job["qubit"]], 1.0)], job["n"])
    found = generate_noise_mitigating_observable(
        with_errors(job), wanted, max_err_terms=job["err_terms"], max_obs_terms=job["obs_terms"],
        num_processes=1, mp_start_method="fork",
    )  # fmt: skip
    return {"labels": found.paulis.to_labels(), "coefficients": found.coeffs.real.tolist()}


def slc(job: dict[str, Any]) -> dict[str, Any]:
    """Bounds for all terms of the noise, and what cancellation costs at a bias."""
    n, circuit = job["n"], with_boxes(job)
    maps = {
        name: PauliLindbladMap.from_sparse_list([tuple(t) for t in terms["after"]], num_qubits=n)
        for name, terms in job["noise"].items()
    }
    paulis = {name: one.get_qubit_sparse_pauli_list_copy() for name, one in maps.items()}
    observable = SparsePauliOp.from_sparse_list([("Z", [job["qubit"]], 1.0)], n)
    limits = {"evolution_max_terms": job["terms"], "num_processes": 1}
    forward = compute_forward_bounds(
        circuit, paulis, observable, eigval_max_qubits=job["eigval_qubits"], **limits
    )
    if job["speed_limit"]:
        forward = tighten_with_speed_limit(forward, circuit, paulis, observable)
    backward = compute_backward_bounds(circuit, paulis, **limits)
    merged = merge_bounds(circuit, forward, backward, maps)
    bounds = {name: one.rates for name, one in merged.items()}
    refs = {f"layer {k}": layer[2] for k, layer in enumerate(job["layers"]) if layer[0] == "cz"}
    bias = sum(
        float(bounds[name] @ (1 - np.exp(-2 * maps[ref].rates)) / 2) for name, ref in refs.items()
    )
    costs = [
        compute_local_scales(circuit, merged, maps, bias_tolerance=one)[1] for one in job["biases"]
    ]
    return {"bias": bias, "costs": costs}


def main(given: str, out: str) -> None:
    """Solve all jobs."""
    with open(given, encoding="utf-8") as file:
        jobs = json.load(file)
    found = []
    for job in jobs:
        begun, clock = seconds(), time.perf_counter()
        made = {"pna": pna, "slc": slc}[job["kind"]](job)
        found.append({**made, "cpu": seconds() - begun, "wall": time.perf_counter() - clock})
    with open(out, "w", encoding="utf-8") as file:
        json.dump(found, file)


if __name__ == "__main__":
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    main(*sys.argv[1:])
