"""Matrix product states of TeNPy: the order of basis states, norms, and what is refused."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

import qtn
from qtn.interop.targets import read_state
from qtn.interop.tenpy import mps_to_tenpy

pytestmark = pytest.mark.filterwarnings("ignore")
REASON = "TeNPy is not installed"
networks = pytest.importorskip("tenpy.networks", reason=REASON)
dmrg = pytest.importorskip("tenpy.algorithms.dmrg", reason=REASON)
xxz = pytest.importorskip("tenpy.models.xxz_chain", reason=REASON)
MPS, PurificationMPS = networks.mps.MPS, networks.purification_mps.PurificationMPS
FermionSite, SpinHalfSite = networks.site.FermionSite, networks.site.SpinHalfSite

logging.getLogger("tenpy").setLevel(logging.ERROR)


@pytest.mark.parametrize("conserved", [None, "Sz", "parity"])
def test_up_is_0_whatever_is_conserved(conserved: str | None) -> None:
    site = SpinHalfSite(conserve=conserved)
    state = MPS.from_product_state([site] * 4, ["up", "down", "up", "up"])
    before = [state.get_B(k).to_ndarray().copy() for k in range(4)]
    assert read_state(state).amplitudes(np.array([[0, 1, 0, 0]])) == pytest.approx(1.0)
    for k, array in enumerate(before):
        np.testing.assert_array_equal(state.get_B(k).to_ndarray(), array)
    singlets = read_state(MPS.from_singlets(site, 4, [(0, 2), (1, 3)]))
    signs = singlets.amplitudes(np.array([[0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 1, 0]]))
    assert signs == pytest.approx([0.5, -0.5, -0.5])


def test_empty_is_0_and_the_norm_is_kept() -> None:
    state = MPS.from_product_state([FermionSite()] * 3, ["full", "empty", "full"])
    state.norm = 2.0
    assert read_state(state).amplitudes(np.array([[1, 0, 1]])) == pytest.approx(2.0)


def test_a_ground_state_goes_through_both_doors() -> None:
    model = xxz.XXZChain({"L": 8, "Jxx": 1.0, "Jz": 1.0, "hz": 0.0, "bc_MPS": "finite"})
    state = MPS.from_product_state(model.lat.mps_sites(), ["up", "down"] * 4)
    options = {"trunc_params": {"chi_max": 16, "svd_min": 1e-10}, "mixer": True, "max_sweeps": 10}
    dmrg.TwoSiteDMRGEngine(state, model, options).run()
    ours = qtn.ground_state(qtn.chain("xxz", n=8, anisotropy=1.0), max_bond=16)
    assert read_state(state).fidelity(ours) == pytest.approx(1.0, abs=1e-8)
    compiled = qtn.compile(state, qtn.Staircase(layers=1), seed=0)
    check = qtn.verify(compiled, state)
    assert check.fidelity == pytest.approx(compiled.fidelity, abs=1e-8)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            lambda: MPS.from_product_state([SpinHalfSite()] * 2, ["up", "down"], bc="infinite"),
            r"conditions 'infinite'.*bc_MPS=\"finite\"",
        ),
        (lambda: SpinHalfSite(), r"SpinHalfSite of TeNPy is no matrix product state"),
        (
            lambda: PurificationMPS.from_infiniteT([SpinHalfSite()] * 3, bc="finite"),
            r"legs .*'q'.* density operator",
        ),
    ],
)
def test_what_is_no_state_gets_advice(source: Any, message: str) -> None:
    with pytest.raises(qtn.ArgumentError, match=message):
        read_state(source())


def test_ours_as_tenpys_and_back() -> None:
    for seed, scale in ((0, 1.0), (1, 2.5)):
        rng = np.random.default_rng(seed)
        shapes = [(1, 2, 2), (2, 2, 4), (4, 2, 3), (3, 2, 1)]
        state = qtn.MPS(tuple(rng.normal(size=s) + 1j * rng.normal(size=s) for s in shapes))
        state = qtn.MPS((scale * state.normalised().tensors[0], *state.normalised().tensors[1:]))
        theirs = mps_to_tenpy(state)
        assert theirs.norm == pytest.approx(scale)
        assert read_state(theirs).to_dense() == pytest.approx(state.to_dense())
        signs = [qtn.expectation(state, "I" * (3 - k) + "Z" + "I" * k) for k in range(4)]
        assert theirs.expectation_value("Sigmaz") == pytest.approx(signs)
        assert theirs.entanglement_entropy() == pytest.approx(state.entropies(), abs=1e-9)


def test_what_is_no_chain_of_qubits_is_not_sent() -> None:
    for bad in (np.ones(4), qtn.MPS((np.ones((1, 3, 1)),) * 2), qtn.MPS((np.ones((1, 2, 1)),))):
        with pytest.raises(qtn.ArgumentError, match="at least two qubits"):
            mps_to_tenpy(bad)
    with pytest.raises(qtn.ArgumentError, match="positive norm"):
        mps_to_tenpy(qtn.MPS((np.zeros((1, 2, 1)),) * 2))
    with pytest.raises(qtn.ArgumentError, match=r"floating-point.*normalised\(\)"):
        mps_to_tenpy(qtn.MPS((1e3 * np.ones((1, 2, 1)),) * 150))
