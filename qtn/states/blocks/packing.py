"""A chain in blocks as plain arrays and back, for files: one array of numbers per site.

Charges are kept as vectors, not packed, so that a file does not depend on how these are packed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qtn.states.blocks.labels import Charges
from qtn.states.blocks.sites import Array, Bond, Site

__all__ = ["pack_blocks", "unpack_blocks"]


def pack_blocks(sites: Sequence[Site], charges: Charges) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return arrays and a header.

    Per site `numbers` holds its blocks one after the other, `keys` for each (level, left charge),
    `bond` for each sector of its left bond (dimension, charge); the last bond closes the list.
    """
    arrays: dict[str, Array] = {}
    dtype = np.result_type(*[b for site in sites for b in site.blocks.values()])
    for k, site in enumerate(sites):
        parts = sorted(site.blocks)
        keys = [(s, *charges.unpack(q)) for q, s in parts]
        arrays[f"keys.{k}"] = np.array(keys, np.int64)
        numbers = [np.ascontiguousarray(site.blocks[part]).reshape(-1) for part in parts]
        arrays[f"numbers.{k}"] = np.concatenate(numbers).astype(dtype, copy=False)
        arrays[f"bond.{k}"] = _bond(site.left, charges)
    arrays[f"bond.{len(sites)}"] = _bond(sites[-1].right, charges)
    table = [[list(level) for level in site] for site in charges.table]
    return arrays, {"charges": table}


def _bond(bond: Bond, charges: Charges) -> Array:
    return np.array([(size, *charges.unpack(q)) for q, size in bond.items()], np.int64)


def unpack_blocks(
    arrays: dict[str, Array], header: dict[str, Any]
) -> tuple[tuple[Site, ...], Charges]:
    """Return what `pack_blocks` was given.

    Raises:
        ValueError: the parts contradict each other.
    """
    table = tuple(
        tuple(tuple(_whole(c) for c in level) for level in site) for site in header["charges"]
    )
    if not table or len({len(level) for site in table for level in site}) != 1:
        raise ValueError("charges of levels differ in number")
    charges = Charges(table)
    bonds = [_read_bond(arrays[f"bond.{k}"], charges) for k in range(len(table) + 1)]
    if list(bonds[0].items()) != [(0, 1)] or list(bonds[-1].values()) != [1]:
        raise ValueError("the bonds at the ends must have one index")
    sites = tuple(
        _site(arrays[f"keys.{k}"], arrays[f"numbers.{k}"], levels, bonds[k : k + 2], charges)
        for k, levels in enumerate(charges.levels())
    )
    return sites, charges


def _site(
    keys: Array, numbers: Array, levels: tuple[int, ...], bonds: list[Bond], charges: Charges
) -> Site:
    left, right = bonds
    blocks, start = {}, 0
    for s, *charge in keys.tolist():
        q = charges.pack(tuple(charge))
        if not 0 <= s < len(levels):
            raise ValueError(f"level {s} of {len(levels)}")
        height, width = left[q], right[q + levels[s]]
        block = numbers[start : start + height * width]
        blocks[q, s] = block.reshape(height, width)
        start += height * width
    if start != len(numbers) or len(blocks) != len(keys):
        raise ValueError("numbers are missing, or too many")
    return Site(blocks, levels, left, right)


def _read_bond(table: Array, charges: Charges) -> Bond:
    found = {charges.pack(tuple(charge)): size for size, *charge in table.tolist()}
    if len(found) != len(table) or min(found.values(), default=0) < 1:
        raise ValueError("sectors of a bond are empty, or the same")
    return found


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError("charges must be integers")
    return number
