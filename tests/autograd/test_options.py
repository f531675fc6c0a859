"""Leaves made of what is differentiated, and options that are numbers: a gradient that would be lost is told."""

import numpy as np
import pytest

import xnn as xp
from tests.autograd.points import X
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import GraphError, OptionError
from xnn.nn import functional


@pytest.fixture(autouse=True)
def _made_on_the_cpu():
    """Where NumPy's arrays are: `auto` takes an emulated GPU."""
    with xp.use_device("cpu"):
        yield


# ---- leaves that are made of what is differentiated ----


def _loaded(w):
    model = nn.Linear(3, 1, bias=False, dtype=xp.float64)
    model.load_state_dict({"weight": w})
    return xp.sum(model.weight**2)


LEAVES = {
    "Parameter": lambda w: xp.sum(nn.Parameter(w) ** 2),
    "asarray": lambda w: xp.sum(xp.asarray(w, requires_grad=True) ** 2),
    "load_state_dict": _loaded,
}


@pytest.mark.parametrize("name", LEAVES)
def test_no_leaf_takes_the_place_of_what_is_differentiated(name):
    """PyTorch detaches without a word, and the gradient is 0 where 2 w is right."""
    function, w = LEAVES[name], X[None]
    for call in (lambda w: function(w), lambda w: function(1.0 * w)):
        with pytest.raises(
            GraphError, match=r"would leave the graph unseen: this array depends on .* Cure: .*x\.detach\(\)"
        ):
            xp.grad(call)(w)
    assert_close(xp.grad(lambda w: function(w.detach()) * xp.sum(w))(w), 0 * w + np.sum(w**2))
    leaf = xp.asarray(w, requires_grad=True)
    assert function(2.0 * leaf).item() == 4 * np.sum(w**2)  # in a loop of one's own, as PyTorch


# ---- options ----

Q = xp.asarray(np.linspace(0.1, 1.2, 12).reshape(1, 4, 3), device="cpu")

OPTIONS = {
    "ord of vector_norm": lambda a: xp.linalg.vector_norm(Q, ord=a),
    "ord of matrix_norm": lambda a: xp.linalg.matrix_norm(Q, ord=a),
    "p of pairwise_distance": lambda a: functional.pairwise_distance(Q, 2 * Q, p=a),
    "p of normalize": lambda a: functional.normalize(Q, p=a),
    "p of pdist": lambda a: functional.pdist(Q[0], p=a),
    "scale of attention": lambda a: functional.scaled_dot_product_attention(Q, Q, Q, scale=a),
    "value of pad": lambda a: functional.pad(Q, (1, 1), value=a),
    "norm_type of lp_pool": lambda a: functional.lp_pool1d(Q, a, 2),
    "base of rotary_embedding": lambda a: functional.rotary_embedding(Q[:, :, :2], base=a),
    "base of sinusoidal_encoding": lambda a: functional.sinusoidal_encoding(Q[:, :, :2], base=a),
    "max_norm of embedding": lambda a: functional.embedding(xp.asarray([0, 1]), 1.0 * Q[0], max_norm=a),
    "norm_type of embedding": lambda a: functional.embedding(xp.asarray([0, 1]), 1.0 * Q[0], max_norm=0.1, norm_type=a),
    "scale_factor of interpolate": lambda a: functional.interpolate(Q, scale_factor=a, mode="linear"),
    "stop of arange": lambda a: xp.arange(0.0, a),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_has_no_derivative_and_says_so(name):
    """Where PyTorch takes a number, an Array on the graph would lose its gradient without a word."""
    function = OPTIONS[name]
    two = xp.asarray(2.0, dtype=xp.float64, device="cpu", requires_grad=True)
    for call in (lambda: function(two), lambda: xp.grad(lambda a: xp.sum(function(a)))(np.asarray(2.0))):
        with pytest.raises(
            (GraphError, OptionError), match=r"(would lose the gr|is a number.* got).*Cure: .*x\.detach\(\)"
        ):
            call()
    assert xp.all(xp.isfinite(function(float(two.detach()))))


@pytest.mark.parametrize(
    "function",
    [
        lambda a: xp.clip(Q, a, 2 * a),
        lambda a: xp.full((2, 3), a),
        lambda a: xp.full_like(Q, a),
        lambda a: xp.where(Q > 0.5, a, Q),
        lambda a: Q**a,
        lambda a: a**Q,
        lambda a: xp.fft.fftfreq(4, d=a),
        lambda a: xp.diff(Q, prepend=xp.broadcast_to(a, (1, 4, 1))),
    ],
)
def test_what_takes_an_array_differentiates_it(function):
    xp.check_gradients(function, xp.asarray(np.asarray(0.57)))
