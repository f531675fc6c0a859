"""What functions of linalg give: raw arrays for raw ones, in the tuples whose fields the standard names."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close

FIELDS = {
    "eig": ("EigResult", ("eigenvalues", "eigenvectors")),
    "lstsq": ("LstsqResult", ("x", "residuals", "rank", "singular_values")),
    "eigh": ("EighResult", ("eigenvalues", "eigenvectors")),
    "qr": ("QRResult", ("Q", "R")),
    "slogdet": ("SlogdetResult", ("sign", "logabsdet")),
    "svd": ("SVDResult", ("U", "S", "Vh")),
}


def lifted(device, argument):
    if isinstance(argument, list | tuple):
        return [lifted(device, one) for one in argument]
    return xp.asarray(argument, device=device) if hasattr(argument, "shape") else argument


# hadamard and hilbert are of a number, and LinAlgError is no function
@pytest.mark.parametrize("name", sorted({*xp.linalg.__all__} - {"LinAlgError", "hadamard", "hilbert"}))
def test_raw_arrays_give_raw_arrays(name, device):
    raw = device.backend.from_numpy(np.asarray([[2.0, 1, 0], [1, 3, 0], [0, 0, 1]]), device)
    row = raw[0, :]
    arguments = {
        "cross": (raw, raw), "matmul": (raw, raw), "matrix_power": (raw, -2), "outer": (row, row), "solve": (raw, row),
        "tensordot": (raw, raw), "vecdot": (raw, raw), "multi_dot": ([raw, row],), "tensorinv": (raw, 1),
        "tensorsolve": (raw, row), "solve_triangular": (raw, row), "cho_solve": ((raw, True), row),
        "lu_solve": (xp.linalg.lu_factor(raw), row), "lstsq": (raw, row), "toeplitz": (row,),
        "circulant": (row,), "expm_frechet": (raw, raw), "companion": (row,), "hankel": (row,),
        "solve_banded": ((1, 1), (xp.asarray(raw, device=device) + 5)._data, row), "solve_sylvester": (raw, raw, raw),
    }.get(name, (raw,))  # fmt: skip
    raws = getattr(xp.linalg, name)(*arguments)
    arrays = getattr(xp.linalg, name)(*(lifted(device, a) for a in arguments))
    if name in FIELDS:
        for out in (raws, arrays):
            assert (type(out).__name__, out._fields) == FIELDS[name]
    pairs = zip(raws, arrays, strict=True) if isinstance(raws, tuple) else [(raws, arrays)]
    for came, array in pairs:
        if isinstance(came, bool):  # which triangle
            continue
        assert isinstance(came, device.backend.array_type)
        assert isinstance(array, xp.Array)
        assert_close(device.backend.to_numpy(came), array.numpy())
