"""Fourier transforms: types, options, errors, and drawn sizes against PyTorch; the table has values and derivatives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xnn as xp
from tests.ops.compare import assert_like_torch
from tests.ops.rows import fourier
from tests.ops.test_fused import drawn
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

OF_COMPLEX = ("fft", "ifft", "fftn", "ifftn", "irfft", "irfftn", "hfft", "fft2", "ifft2", "irfft2", "hfft2", "hfftn")
OF_REAL = ("rfft", "rfftn", "ihfft", "rfft2", "ihfft2", "ihfftn")
TO_REAL = ("irfft", "irfftn", "hfft", "irfft2", "hfft2", "hfftn")
ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
MANY = ("fftn", "ifftn", "rfftn", "irfftn")


@pytest.mark.parametrize("name", [*OF_COMPLEX, *OF_REAL])
def test_the_precision_stays(name, device):
    for real, wide in (("float32", "complex64"), ("float64", "complex128")):
        for given_type in (real, wide)[: 1 if name in OF_REAL else 2]:
            x = xp.ones((3, 4), dtype=given_type, device=device)
            came = getattr(xp.fft, name)(x)
            assert came.dtype.name == (real if name in TO_REAL else wide)
            assert came.device is device


@pytest.mark.parametrize("name", [*OF_COMPLEX, *OF_REAL])
def test_integers_have_the_default_precision(name, device):
    for dtype in ("int64", "uint8", "bool"):
        came = getattr(xp.fft, name)(xp.ones((3, 4), dtype=dtype, device=device))
        assert came.dtype is (xp.float32 if name in TO_REAL else xp.complex64)


@pytest.mark.parametrize("name", OF_REAL)
def test_complex_numbers_are_not_taken_for_real_ones(name, device):
    with pytest.raises(DTypeError, match="transform real arrays; got complex64"):
        getattr(xp.fft, name)(xp.ones((3, 4), dtype=xp.complex64, device=device))


@pytest.mark.parametrize("name", [*OF_COMPLEX, *OF_REAL, "fftshift", "ifftshift"])
def test_raw_arrays_stay_raw(name, device):
    raw = device.backend.from_numpy(np.ones((2, 3)), device)
    assert isinstance(getattr(xp.fft, name)(raw), device.backend.array_type)


@pytest.mark.parametrize("name", [*OF_COMPLEX, *OF_REAL])
def test_no_batch_is_an_empty_result(name, device):
    options = {} if name in ONE else {"axes": (1,)}
    x = xp.ones((0, 4), dtype=xp.float64 if name in OF_REAL else xp.complex128, device=device)
    expected = fourier.of_numpy(name, x.numpy(), options)
    assert getattr(xp.fft, name)(x, **options).shape == expected.shape


def test_a_real_array_has_a_real_gradient(device):
    x = xp.asarray([1.0, 2.0, 4.0], device=device, requires_grad=True)
    xp.sum(xp.imag(xp.fft.fft(x)[1:2])).backward()
    assert x.grad.dtype is xp.float32
    assert_close(x.grad.numpy(), -np.sin(2 * np.pi * np.arange(3) / 3).astype(np.float32))


def test_what_has_no_part_in_a_real_result_has_no_gradient(device):
    x = xp.asarray([1 + 2j, 3 + 4j, 5 + 6j], device=device, requires_grad=True)
    for n, last in ((4, 0.0), (5, 1.0)):
        x.grad = None
        xp.sum(xp.fft.irfft(x, n=n) ** 2).backward()
        imag = np.imag(x.grad.numpy())
        assert imag[0] == 0
        assert imag[1] != 0
        assert (imag[2] != 0) == last


def test_minus_one_is_the_whole_axis(device):
    x = xp.asarray(np.random.default_rng(1).normal(size=(3, 4)), device=device)
    came = xp.fft.fftn(x, s=(-1, 6), axes=(0, 1))
    assert_close(came.numpy(), np.fft.fftn(x.numpy(), s=(3, 6), axes=(0, 1)))
    came = xp.fft.irfftn(x, s=(2, -1), axes=(0, 1))
    assert_close(came.numpy(), np.fft.irfftn(x.numpy(), s=(2, 6), axes=(0, 1)))


def test_no_axes_are_the_identity(device):
    x = xp.asarray([1.0, 2.0], device=device)
    assert xp.fft.fftn(x, axes=()).tolist() == [1, 2]
    with pytest.raises(ShapeError, match="rfftn transforms at least one axis; got none"):
        xp.fft.rfftn(x, axes=())


@pytest.mark.parametrize("name", ONE)
def test_errors_of_one_axis(name, device):
    function, x = getattr(xp.fft, name), xp.ones((2, 3), device=device)
    with pytest.raises(OptionError, match="norm is one of 'backward', 'ortho', 'forward'; got 'none'"):
        function(x, norm="none")
    with pytest.raises(BoundsError, match=f"{name}: an array of 2 dimensions has no axis 2"):
        function(x, axis=2)
    with pytest.raises(ShapeError, match="a Fourier transform has at least 1 element; got 0"):
        function(x, n=0)
    with pytest.raises(TypeError, match=f"{name} takes"):
        function("text")


@pytest.mark.parametrize("name", MANY)
def test_errors_of_many_axes(name, device):
    function, x = getattr(xp.fft, name), xp.ones((2, 3), device=device)
    with pytest.raises(OptionError, match=f"{name}: sizes s are given together with axes"):
        function(x, s=(2, 2))
    with pytest.raises(OptionError, match=f"{name}: there is one size for each axis"):
        function(x, s=(2, 2), axes=(0,))
    with pytest.raises(BoundsError, match=f"{name} takes each axis once"):
        function(x, axes=(1, -1))
    with pytest.raises(BoundsError, match=f"{name}: an array of 2 dimensions has no axis -3"):
        function(x, axes=(-3,))
    with pytest.raises(ShapeError, match="at least 1 element; got 0"):
        function(x, s=(0,), axes=(1,))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("name", ["fftfreq", "rfftfreq"])
def test_frequencies(name, n, device):
    for dtype in (None, "float32", "float64"):
        came = getattr(xp.fft, name)(n, d=0.25, dtype=dtype, device=device)
        assert came.dtype.name == (dtype or "float32")
        assert came.device is device
        assert_close(came.numpy(), getattr(np.fft, name)(n, d=0.25).astype(came.dtype.name))
    with pytest.raises(DTypeError, match="frequencies are real floating numbers; got int64"):
        getattr(xp.fft, name)(n, dtype=xp.int64)
    with pytest.raises(ShapeError, match="at least 1 element; got 0"):
        getattr(xp.fft, name)(0)


@pytest.mark.parametrize("size", [1, 4, 5])
def test_shifts_are_inverses(size, device):
    x = xp.reshape(xp.arange(2 * size, device=device), (2, size))
    for axes in (None, 1, (0, 1)):
        assert xp.fft.ifftshift(xp.fft.fftshift(x, axes=axes), axes=axes).tolist() == x.tolist()
    with pytest.raises(BoundsError, match="fftshift: an array of 2 dimensions has no axis 2"):
        xp.fft.fftshift(x, axes=2)


sizes = st.integers(1, 5)


@pytest.mark.needs("torch")
@drawn
@given(st.sampled_from(ONE), st.tuples(sizes, st.integers(2, 5)), st.none() | st.integers(1, 7), st.integers(-2, 1),
       st.sampled_from(["backward", "ortho", "forward"]), st.sampled_from(["float32", "float64"]))  # fmt: skip
def test_drawn_sizes(name, shape, n, axis, norm, dtype):
    if name in TO_REAL and n is None and shape[axis] == 1:
        n = 1
    random = np.random.default_rng(3)
    x = random.uniform(-1, 1, shape).astype(dtype)
    if name in OF_COMPLEX:
        x = x + np.asarray(1j, np.result_type(dtype, np.complex64)) * random.uniform(-1, 1, shape).astype(dtype)
    assert_like_torch(
        lambda xp, x: getattr(xp.fft, name)(x, n=n, axis=axis, norm=norm),
        lambda x: getattr(torch.fft, name)(x, n=n, dim=axis, norm=norm),
        [x],
        xp.backends.find_device("cpu"),
    )
