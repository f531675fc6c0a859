"""Short-time Fourier transforms against PyTorch, cosine transforms of several axes against SciPy; errors."""

import warnings

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.errors import OptionError, ShapeError

SIGNAL = np.random.default_rng(0).normal(size=(2, 30))
OPTIONS = {
    "plain": {},
    "hops": {"hop_length": 3, "win_length": 6},
    "not centred": {"center": False, "hop_length": 2},
    "normalized": {"normalized": True, "pad_mode": "constant"},
    "all frequencies": {"onesided": False, "pad_mode": "replicate"},
    "round the ends": {"pad_mode": "circular", "hop_length": 1},
}


def theirs(x, window, options):
    with warnings.catch_warnings(action="ignore"):
        return torch.stft(x, 8, window=window, return_complex=True, **options)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", OPTIONS)
def test_as_torchs(name, device):
    options = OPTIONS[name]
    form = np.hanning(options.get("win_length", 8) + 2)[1:-1]
    x, window = xp.asarray(SIGNAL, device=device), xp.asarray(form, device=device)
    came = xp.fft.stft(x, 8, window=window, **options)
    expected = theirs(torch.asarray(SIGNAL), torch.asarray(form), options)
    assert_close(came.numpy(), expected.numpy())
    own = {key: value for key, value in options.items() if key != "pad_mode"}
    if options.get("center", True):
        back = xp.fft.istft(came, 8, window=window, length=30, **own)
        again = torch.istft(expected, 8, window=torch.asarray(form), length=30, **own)
        assert_close(back.numpy(), again.numpy())
        assert_close(back.numpy()[:, 3:24], SIGNAL[:, 3:24])
    xp.check_gradients(lambda x, w: xp.fft.stft(x, 8, window=w, **options), x, window)


def test_of_complex_signals_and_there_and_back(device):
    raw = SIGNAL + 1j * SIGNAL[::-1]
    x = xp.asarray(raw, device=device)
    spectra = xp.fft.stft(x, 8)
    assert spectra.shape == (2, 8, 16)
    assert_close(xp.fft.istft(spectra, 8, return_complex=True, length=30).numpy(), raw)
    y = xp.asarray(SIGNAL[0], device=device)
    assert_close(xp.fft.istft(xp.fft.stft(y, 8), 8, length=30).numpy(), SIGNAL[0])
    xp.check_gradients(lambda y: xp.fft.istft(xp.fft.stft(y, 8), 8), y)


@pytest.mark.needs("scipy")
@pytest.mark.parametrize("name", ["dctn", "idctn", "dstn", "idstn"])
def test_cosine_transforms_of_several_axes(name, device):
    scipy, raw = optional.module("scipy.fft"), np.random.default_rng(0).normal(size=(2, 3, 4))
    x = xp.asarray(raw, device=device)
    for options in ({}, {"axes": (0, -1)}, {"type": 3, "norm": "ortho"}):
        assert_close(getattr(xp.fft, name)(x, **options).numpy(), getattr(scipy, name)(raw, **options))


ERRORS = {
    "a short signal": (lambda x: xp.fft.stft(x, 64, center=False), ShapeError, "64 elements or more; got 30"),
    "a window": (lambda x: xp.fft.stft(x, 8, window=x[:3]), ShapeError, r"a window \(8,\); got shape \(3,\)"),
    "a long window": (lambda x: xp.fft.stft(x, 8, win_length=9), OptionError, "at most n_fft"),
    "pairs of reals": (lambda x: xp.fft.stft(x, 8, return_complex=False), OptionError, "complex numbers"),
    "frequencies": (lambda x: xp.fft.istft(xp.fft.stft(x, 8), 10), ShapeError, "10 frequencies here; got 5"),
    "one side": (lambda x: xp.fft.stft(x + 1j, 8, onesided=True), OptionError, "of real signals"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(xp.asarray(SIGNAL[0], device="cpu"))
