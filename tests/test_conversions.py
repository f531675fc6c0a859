"""What becomes of an array elsewhere: NumPy's arrays, Python's numbers and lists, other libraries' memory, text."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from xnn.errors import GraphError


def make(device, values=(1.0, 2.0, 3.0), **options):
    return xp.asarray(list(values), device=device, **options)


def test_numpy_and_lists(device):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device)
    assert isinstance(x.numpy(), np.ndarray)
    assert x.numpy().dtype == np.float32
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert xp.asarray(5, device=device).tolist() == 5
    assert (type(xp.asarray(5, device=device).item()), type(make(device)[0].item())) == (int, float)


def test_on_the_graph_only_scalars_and_lists_come_out(device):
    x = make(device, requires_grad=True)
    with pytest.raises(GraphError, match=r"numpy\(\) would leave the graph unseen.*Cure: x\.detach\(\) first"):
        x.numpy()
    assert x.detach().numpy().tolist() == x.tolist() == [1.0, 2.0, 3.0]
    assert float(x[0]) == x[0].item() == 1.0


def test_dlpack_refuses_on_the_graph(device):
    x = make(device, requires_grad=True)
    with pytest.raises(GraphError, match="__dlpack__ would leave the graph unseen"):
        x.__dlpack__()
    if device.backend.name == "cupy":
        assert x.detach().__dlpack_device__()[0] == 2  # CUDA
    else:
        assert np.from_dlpack(x.detach()).tolist() == [1.0, 2.0, 3.0]


@pytest.mark.needs("torch")
def test_dlpack_to_torch():
    assert torch.from_dlpack(make("numpy:cpu")).tolist() == [1.0, 2.0, 3.0]


def test_python_scalars(device):
    one = xp.asarray(2.5, device=device)
    assert (float(one), int(one), complex(one), bool(one)) == (2.5, 2, 2.5 + 0j, True)
    assert [10, 20, 30][xp.asarray(1, device=device)] == 20
    for convert in (float, int, complex):
        with pytest.raises(TypeError, match=r"only an array of shape \(\) becomes a Python scalar.*\(3,\)"):
            convert(make(device))
    for wrong in (one, xp.asarray([1], device=device), xp.asarray(True, device=device)):
        with pytest.raises(TypeError, match=r"only an integer array of shape \(\) is an index"):
            range(wrong)
    z = xp.asarray(1 + 2j, device=device)
    assert complex(z) == 1 + 2j
    for convert in (float, int):
        with pytest.raises(TypeError):
            convert(z)
    for value in (True, 3, 2.5, 1j):
        x = xp.asarray(value, device=device)
        assert (type(bool(x)), type(complex(x))) == (bool, complex)
        assert type(x.item()) is type(value)


# ---- numbers and text ----

NUMBERS = (2.567, -2.5, 0.5, 1e-9, 12345.678)


@pytest.mark.parametrize("spec", [".4f", "10.3e", "+g", "08.2f", ",.1f", "%", ".3", "_>12.1f"])
@pytest.mark.parametrize("value", NUMBERS)
def test_a_number_is_formatted_as_numpy_does(value, spec, device):
    x = xp.asarray(value, dtype=xp.float64, device=device)
    assert f"{x:{spec}}" == f"{np.asarray(value):{spec}}" == format(x, spec)
    x.requires_grad = True
    assert f"{2 * x:{spec}}" == f"{2 * np.asarray(value):{spec}}"


def test_formats_of_other_types(device):
    assert f"{xp.asarray(42, device=device):05d}|{xp.asarray(255, device=device):#x}" == "00042|0xff"
    assert f"{xp.asarray(1 + 2j, device=device):.1f}" == "1.0+2.0j"
    assert f"{xp.asarray(True, device=device):d}" == "1"
    x = make(device)
    assert (f"{x}", f"{x!r}", f"{x!s:>90}") == (str(x), repr(x), str(x).rjust(90))
    with pytest.raises(TypeError, match=r"only an array of shape \(\) is formatted.*'\.4f'.*has shape \(3,\).*Cure"):
        f"{x:.4f}"
    with pytest.raises(ValueError, match="Unknown format code"):
        f"{x[0]:d}"


@pytest.mark.parametrize("value", NUMBERS)
def test_rounding_to_python_numbers_as_numpys_scalars(value, device):
    x = xp.asarray(value, dtype=xp.float64, device=device)
    for came, expected in (
        *((round(x, n), round(np.float64(value), n)) for n in (-2, 0, 2, 5)),
        (round(x), round(np.float64(value))),
        (math.floor(x), math.floor(np.float64(value))),
        (math.ceil(x), math.ceil(np.float64(value))),
        (math.trunc(x), math.trunc(np.float64(value))),
    ):
        assert came == expected
        assert type(came) is (float if isinstance(expected, float) else int)
    assert round(xp.asarray(1234, device=device), -2) == 1200
    for function in (round, lambda x: round(x, 2), math.floor, math.ceil, math.trunc):
        with pytest.raises(TypeError, match=r"only an array of shape \(\) becomes a Python scalar.*\(3,\)"):
            function(make(device))


def test_the_commonest_line_of_a_loop(device):
    w = xp.asarray([1.0, 2.0], device=device, requires_grad=True)
    for step in range(2):
        loss = xp.sum(w * w)
        line = f"{step} {loss:.4f} {round(loss, 2)} {float(loss)} {loss.item()} {loss.tolist()}"
        assert line == f"{step} 5.0000 5.0 5.0 5.0 5.0"
        loss.backward()
        assert f"{loss:.4f} {round(loss, 2)}" == "5.0000 5.0"


def test_repr():
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device="cpu")
    assert repr(x) == "Array([[1. 2.]\n       [3. 4.]], dtype=float32, device='numpy:cpu')"
    assert repr(xp.asarray(1, device="cpu")) == "Array(1, dtype=int64, device='numpy:cpu')"
    x = xp.asarray([1.0], device="cpu", requires_grad=True)
    assert repr(x) == "Array([1.], dtype=float32, device='numpy:cpu', requires_grad=True)"
    assert repr(2 * x).endswith("requires_grad=True)")
    assert repr(xp.float32) == "xnn.float32"


@pytest.mark.every_device
def test_repr_names_the_device(device):
    assert f"device='{device}'" in repr(make(device))
