"""Manipulation functions: shapes and errors of each, memory that is shared or not, and several results at once."""

from importlib.util import find_spec

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DeviceMismatchError, DTypeError, OptionError, ShapeError


def ones(device, *shape):
    return xp.ones(shape, device=device)


def test_broadcast_shapes():
    for shapes in ([], [()], [(2, 3)], [(2, 1), (3,)], [(1,), (0,)], [(2, 1, 4), (3, 1), ()], [(0, 1), (1, 5)]):
        assert xp.broadcast_shapes(*shapes) == np.broadcast_shapes(*shapes)
    for shapes in ([(2,), (3,)], [(0,), (2,)], [(2, 3), (3, 1)]):
        with pytest.raises(ShapeError, match=r"shapes that broadcast have equal sizes, or 1; got \(.*\), \("):
            xp.broadcast_shapes(*shapes)


def test_broadcast_arrays_keeps_types(device):
    one, other = xp.broadcast_arrays(ones(device, 2, 1), xp.asarray([1, 2, 3], device=device))
    assert (one.shape, other.shape) == ((2, 3), (2, 3))
    assert (one.dtype, other.dtype) == (xp.float32, xp.int64)
    assert xp.broadcast_arrays() == ()


@pytest.mark.parametrize(
    ("axis", "shape"), [(0, (1, 2, 3)), (-1, (2, 3, 1)), ((0, 1), (1, 1, 2, 3)), ((-1, 1), (2, 1, 3, 1)), ((), (2, 3))]
)
def test_expand_dims(axis, shape, device):
    assert (
        xp.expand_dims(ones(device, 2, 3), axis).shape == xp.expand_dims(ones(device, 2, 3), axis=axis).shape == shape
    )
    assert np.expand_dims(np.ones((2, 3)), axis).shape == shape


@pytest.mark.parametrize("axis", [3, -4, (0, 4), (1, 1), (0, -4)])
def test_expand_dims_refuses(axis, device):
    with pytest.raises(IndexError, match="expand_dims"):
        xp.expand_dims(ones(device, 2, 3), axis)


def test_moveaxis(device):
    x = ones(device, 2, 3, 4)
    for source, destination in ((0, -1), (-1, 0), ((0, 1), (-1, -2)), ((2, 0), (0, 1)), ((), ())):
        expected = np.moveaxis(np.ones((2, 3, 4)), source, destination).shape
        assert xp.moveaxis(x, source, destination).shape == expected
    for source, destination in ((3, 0), (0, -4), ((0, 0), (1, 2)), ((0, 1), (2, -1))):
        with pytest.raises(BoundsError, match="moveaxis"):
            xp.moveaxis(x, source, destination)
    with pytest.raises(ShapeError, match=r"moveaxis takes as many destinations as sources; got 0 for \(0, 1\)"):
        xp.moveaxis(x, (0, 1), 0)


REFUSED = {
    "concat": lambda x: xp.concat([x, x], axis=2),
    "concat of other shapes": lambda x: xp.concat([x, x[:, :1]], axis=0),
    "stack": lambda x: xp.stack([x, x], axis=3),
    "flip": lambda x: xp.flip(x, axis=2),
    "roll": lambda x: xp.roll(x, 1, axis=2),
    "squeeze an axis that is not there": lambda x: xp.squeeze(x, 2),
    "squeeze": lambda x: xp.squeeze(x, 0),
    "permute_dims": lambda x: xp.permute_dims(x, (0, 2)),
    "permute_dims twice": lambda x: xp.permute_dims(x, (0, 0)),
    "repeat": lambda x: xp.repeat(x, 2, axis=2),
    "unstack": lambda x: xp.unstack(x, axis=2),
    "reshape": lambda x: xp.reshape(x, (4, 2)),
    "broadcast_to": lambda x: xp.broadcast_to(x, (3, 2)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit(name, device):
    with pytest.raises((ValueError, IndexError, RuntimeError)):
        REFUSED[name](ones(device, 2, 3))


def test_squeeze_of_another_size_is_a_value_error(device):
    with pytest.raises(ValueError, match=r"squeeze|size|dimension"):
        xp.squeeze(ones(device, 2, 1), 0)


# ---- memory ----


def shares(x, y):
    """Whether a write to y's memory is seen in x."""
    device = x.device
    with device.scope():
        raw = y._data
        raw[...] = 7
    return x.tolist() == xp.full(x.shape, 7.0, device=device).tolist()


def test_reshape_copies_as_it_is_told(device):
    x = ones(device, 2, 3) + 0
    assert shares(x, xp.reshape(x, (3, 2), copy=False))
    x = ones(device, 2, 3) + 0
    assert not shares(x, xp.reshape(x, (3, 2), copy=True))
    assert not shares(ones(device, 2, 3) + 0, xp.reshape(ones(device, 2, 3), (2, 3), copy=True))
    turned = xp.permute_dims(x, (1, 0))
    assert xp.reshape(turned, (6,)).shape == xp.reshape(turned, (6,), copy=True).shape == (6,)
    with pytest.raises(ValueError):  # noqa: PT011  # each library's own words
        xp.reshape(turned, (6,), copy=False)


def test_reshape_on_the_graph(device):
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device, requires_grad=True)
    for copy in (None, True, False):
        x.grad = None
        xp.sum(xp.reshape(x, (4,), copy=copy) ** 2).backward()
        assert x.grad.tolist() == [[2.0, 4.0], [6.0, 8.0]]
    with pytest.raises(ValueError):  # noqa: PT011  # each library's own words
        xp.reshape(x.mT, (4,), copy=False)


# ---- repeats ----


@pytest.mark.needs("torch")
def test_repeats_of_each(device):
    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device=device, requires_grad=True)
    values = x.detach().numpy()
    for dtype in (xp.int8, xp.uint8, xp.int64):
        counts = xp.asarray([2, 0, 1], dtype=dtype, device=device)
        assert xp.repeat(x, counts, axis=1).tolist() == np.repeat(values, [2, 0, 1], axis=1).tolist()
    all_alike = xp.asarray([2], device=device)
    assert xp.repeat(x, all_alike, axis=0).tolist() == np.repeat(values, 2, axis=0).tolist()
    assert xp.repeat(x, all_alike).tolist() == np.repeat(values, 2).tolist()
    assert xp.repeat(x, xp.asarray([0], device=device)).shape == xp.repeat(x, 0).shape == (0,)
    assert xp.repeat(x[:, :0], xp.asarray([], dtype=xp.int64, device=device), axis=1).shape == (2, 0)
    twin = torch.tensor(values, requires_grad=True)
    xp.sum(xp.repeat(x, xp.asarray([3, 1], device=device), axis=0) ** 2).backward()
    (torch.repeat_interleave(twin, torch.tensor([3, 1]), 0) ** 2).sum().backward()
    assert_close(x.grad.tolist(), twin.grad.tolist())


def test_repeat_refuses(device):
    x = ones(device, 2, 3)
    assert xp.repeat(x, np.int64(2), axis=0).shape == (4, 3)
    with pytest.raises(OptionError, match=r"repeat: repeats is an int; got np\.float64\(1\.5\)\. Cure: int"):
        xp.repeat(x, np.float64(1.5))
    with pytest.raises(ShapeError, match="repeat takes numbers from 0 on; got -1"):
        xp.repeat(x, -1)
    with pytest.raises(ShapeError, match="repeat takes numbers from 0 on; got -2"):
        xp.repeat(x, xp.asarray([1, -2, 0], device=device), axis=1)
    with pytest.raises(ShapeError, match=r"one number for each of 3 slices, or one for all; got \(2,\)"):
        xp.repeat(x, xp.asarray([1, 2], device=device), axis=1)
    with pytest.raises(DTypeError, match="repeat takes integers for repeats; got float32"):
        xp.repeat(x, ones(device, 3), axis=1)
    other = "strict:CPU_DEVICE" if str(device) != "strict:CPU_DEVICE" else "strict:device1"
    with pytest.raises(DeviceMismatchError, match=f"repeat works on arrays of one device; got {device} and {other}"):
        xp.repeat(x, xp.asarray([1], device=other))


# ---- several results ----


def test_unstack(device):
    x = xp.asarray(np.arange(6.0).reshape(2, 3), device=device, requires_grad=True)
    first, second = xp.unstack(x)
    assert (first.tolist(), second.tolist()) == ([0.0, 1.0, 2.0], [3.0, 4.0, 5.0])
    xp.sum(second**2).backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0], [6.0, 8.0, 10.0]]
    assert xp.unstack(ones(device, 2, 0), axis=1) == ()
    assert [part.shape for part in xp.unstack(ones(device, 3))] == [()] * 3


def test_a_roll_by_more_than_the_size(device):
    x = xp.asarray([1, 2, 3], device=device)
    assert (xp.roll(x, 4).tolist(), xp.roll(x, -7, axis=0).tolist()) == ([3, 1, 2], [2, 3, 1])
    assert xp.roll(x[:0], 1).shape == (0,)
    assert xp.roll(x[0], 1).tolist() == 1


# ---- results that have the values of the operand ----

UNCHANGED = {
    "reshape": lambda x: xp.reshape(x, x.shape),
    "broadcast_to": lambda x: xp.broadcast_to(x, x.shape),
    "broadcast_arrays": lambda x: xp.broadcast_arrays(x)[0],
    "permute_dims": lambda x: xp.permute_dims(x, (0, 1)),
    "moveaxis": lambda x: xp.moveaxis(x, 0, 0),
    "squeeze": lambda x: xp.squeeze(x, axis=()),
    "flip": lambda x: xp.flip(x, axis=()),
    "roll": lambda x: xp.roll(x, (), axis=()),
    "tile": lambda x: xp.tile(x, (1, 1)),
    "repeat": lambda x: xp.repeat(x, 1, axis=0),
    "concat": lambda x: xp.concat([x]),
    "x[...]": lambda x: x[...],
    "positive": xp.positive,
    "real": xp.real,
    "conj": xp.conj,
    "round": xp.round,
    "clip": xp.clip,
    "sum": lambda x: xp.sum(x, axis=()),
    "max": lambda x: xp.max(x, axis=()),
    "diff": lambda x: xp.diff(x, n=0),
    "astype": lambda x: xp.astype(x, x.dtype),
    "matrix_power": lambda x: xp.linalg.matrix_power(x, 1),
    "fftshift": lambda x: xp.fft.fftshift(x, axes=()),
    "ifftshift": lambda x: xp.fft.ifftshift(x, axes=()),
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_result_is_changed_in_place_alone(name, device):
    """Each call gives another Array: an assignment does not reach the operand, and is no change of a leaf."""
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], device=device, requires_grad=True)
    y = UNCHANGED[name](x)
    y[0, 0] = 9.0
    y += 1.0
    assert x.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert y.tolist() == [[10.0, 3.0], [4.0, 5.0]]


# ---- to another device ----


@pytest.mark.every_device
def test_derivatives_cross_devices(device):
    """Forward and backward, also of complex numbers, to a device of another library and back."""
    places = ("torch:cpu" if find_spec("torch") else "strict:device2", "numpy:cpu")
    other = next(place for place in places if not place.startswith(device.backend.name))
    z = xp.asarray([1.0 + 2.0j, 3.0 - 1.0j], dtype=xp.complex128, device=device)

    def there_and_back(z):
        return (z.to_device(other) ** 2).to_device(device) * z

    value, moved = xp.jvp(there_and_back, (z,), (xp.ones_like(z),))
    assert (value.device, moved.device) == (device, device)
    assert_close(moved.numpy(), 3 * z.numpy() ** 2)
    _, pull = xp.vjp(there_and_back, z)
    (gradient,) = pull(xp.ones_like(z))
    assert gradient.device is device
    assert_close(gradient.numpy(), np.conj(3 * z.numpy() ** 2))
