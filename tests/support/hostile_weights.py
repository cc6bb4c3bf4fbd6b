"""Changes of an HDF5 file by which it needs, or claims, what it does not hold."""

import h5py
import numpy

ELSEWHERE = "/etc/passwd"


def link_outside(weights: h5py.File) -> None:
    weights["outside"] = h5py.ExternalLink(ELSEWHERE, "/")


def link_within_a_group(weights: h5py.File) -> None:
    weights.require_group("layers/deep/vars")["0"] = h5py.ExternalLink("other.h5", "/vars/0")


def link_softly(weights: h5py.File) -> None:
    weights["soft"] = h5py.SoftLink("/outside/x")


def map_outside(weights: h5py.File) -> None:
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(ELSEWHERE, "x", (2,))
    weights.create_virtual_dataset("virtual", layout)


def store_outside(weights: h5py.File) -> None:
    weights.create_dataset("external", (8,), "u1", external=[(ELSEWHERE, 0, 8)])


def hold_texts(weights: h5py.File) -> None:
    weights["text"] = numpy.array(["a"], dtype=object)


def hold_references(weights: h5py.File) -> None:
    weights.create_dataset("reference", data=weights.ref, dtype=h5py.ref_dtype)


def claim_much(weights: h5py.File) -> None:
    weights.create_dataset("large", (1 << 40,), "f4", chunks=(1 << 20,), compression="gzip")


HOSTILE_WEIGHTS = [
    (link_outside, "a link to another file, outside"),
    (link_within_a_group, "a link to another file, layers/deep/vars/0"),
    (link_softly, "a soft link, soft"),
    (map_outside, "values of other files, virtual"),
    (store_outside, "values that lie in another file, external"),
    (hold_texts, "something else than numbers, text"),
    (hold_references, "something else than numbers, reference"),
]
"""Those that no file of weights may have, and what is said of them."""
