"""np.errstate(all="raise"), the hunt for NaN: nothing raises that is no fault, and what is one raises as in NumPy."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn import losses, nn, optim
from xnn.nn import functional as F

pytestmark = pytest.mark.filterwarnings("error")

DRAWN = np.random.default_rng(0).standard_normal((4, 4)).astype(np.float32)
VALUES = {
    "ordinary": DRAWN,
    "tiny": DRAWN * np.float32(1e-25),  # whose squares are 0
    "large": np.asarray([[1e4, -1e4, 0, 3], [-300, 300, -100, 100], [1e-30, 1e-38, 5, 50], [-1, 0, 1, 2]], np.float32),
}
ELEMENTWISE = (
    "relu", "relu6", "elu", "selu", "celu", "leaky_relu", "sigmoid", "tanh", "softplus", "silu", "mish", "gelu",
    "hardswish", "hardsigmoid", "hardtanh", "logsigmoid", "softsign", "tanhshrink", "softshrink", "hardshrink",
)  # fmt: skip
ROWS = {
    "gelu, tanh": lambda x, t: F.gelu(x, approximate="tanh"),
    "softmax": lambda x, t: F.softmax(x, -1),
    "log_softmax": lambda x, t: F.log_softmax(x, -1),
    "sparsemax": lambda x, t: F.sparsemax(x, -1),
    "glu": lambda x, t: F.glu(x),
    "layer_norm": lambda x, t: F.layer_norm(x, (4,)),
    "rms_norm": lambda x, t: F.rms_norm(x, (4,)),
    "group_norm": lambda x, t: F.group_norm(x, 2),
    "normalize": lambda x, t: F.normalize(x),
    "vector_norm": lambda x, t: xp.linalg.vector_norm(x, axis=-1),
    "std": lambda x, t: xp.std(x, axis=-1),
    "logsumexp": lambda x, t: xp.special.logsumexp(x, axis=-1),
    "logaddexp": lambda x, t: xp.logaddexp(x, t),
    "cosine_similarity": lambda x, t: F.cosine_similarity(x, t),
    "pairwise_distance": lambda x, t: F.pairwise_distance(x, t),
    "attention": lambda x, t: F.scaled_dot_product_attention(x, x, t, is_causal=True),
    "ndtr": lambda x, t: xp.special.ndtr(x),
    "log_ndtr": lambda x, t: xp.special.log_ndtr(x),
    "expit": lambda x, t: xp.special.expit(x),
    "erfc": lambda x, t: xp.special.erfc(x),
}
LABELS = [3, 0, 1, 2]
LOSSES = {
    "cross_entropy": lambda x, t: losses.cross_entropy(x, xp.asarray(LABELS, device=x.device)),
    "smoothed": lambda x, t: losses.cross_entropy(x, xp.asarray(LABELS, device=x.device), label_smoothing=0.1),
    "soft": lambda x, t: losses.cross_entropy(x, F.softmax(t, -1)),
    "with_logits": lambda x, t: losses.binary_cross_entropy_with_logits(x, t),
    "binary": lambda x, t: losses.binary_cross_entropy(F.sigmoid(x), t),
    "soft_margin": lambda x, t: losses.soft_margin_loss(x, 2 * t - 1),
    "mse": lambda x, t: losses.mse_loss(x, t),
    "huber": lambda x, t: losses.huber_loss(x, t),
    "focal": lambda x, t: losses.sigmoid_focal_loss(x, t),
    "kl_div": lambda x, t: losses.kl_div(F.log_softmax(x, -1), F.softmax(t, -1)),
    "log_cosh": lambda x, t: losses.log_cosh(x, t),
    "gaussian": lambda x, t: losses.gaussian_nll_loss(x, t, F.softplus(x)),
    "multi_margin": lambda x, t: losses.multi_margin_loss(x, xp.asarray(LABELS, device=x.device)),
}
CALLS = {name: (lambda x, t, name=name: getattr(F, name)(x)) for name in ELEMENTWISE} | ROWS | LOSSES


def derivatives(call, raw, device):
    """The value, the gradient, the gradient of its sum of squares, and the derivative along ones."""
    x = xp.asarray(raw, device=device)
    t = xp.asarray((DRAWN > 0).astype(np.float32), device=device)
    slope = xp.grad(lambda x: xp.sum(call(x, t)))
    along = xp.jvp(lambda x: call(x, t), (x,), (xp.ones_like(x),))[1]
    second = xp.grad(lambda x: xp.sum(slope(x) * t))(x)
    return [v.numpy() for v in (call(x, t), slope(x), second, along)]


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_fault_raises_nothing(name, values, device):
    expected = derivatives(CALLS[name], VALUES[values], device)
    with np.errstate(all="raise"):
        came = derivatives(CALLS[name], VALUES[values], device)
    for x, y in zip(came, expected, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "Lion", "Rprop"])
def test_a_step_with_tiny_gradients_raises_nothing(name, is_compiled, device):
    layer = nn.Sequential(nn.Linear(4, 8, device=device), nn.GELU(), nn.Linear(8, 4, device=device))
    optimizer = getattr(optim, name)(layer.parameters(), lr=0.01)
    x, labels = xp.asarray(VALUES["large"], device=device), xp.asarray(LABELS, device=device)

    def step(x):
        optimizer.zero_grad()
        loss = losses.cross_entropy(layer(x), labels) * 1e-25
        loss.backward()
        optim.clip_grad_norm_(layer.parameters(), 1.0)
        optimizer.step()
        return loss

    if is_compiled:
        step = xp.compile(step)
    with np.errstate(all="raise"):
        for _ in range(4):
            assert np.isfinite(float(step(x)))


def test_faults_raise_as_in_numpy(device):
    if device.backend.name not in ("numpy", "strict"):
        pytest.skip(f"{device.backend.name} has no errstate")
    x = xp.asarray([0.0, -1.0, 1000.0], dtype=xp.float64, device=device, requires_grad=True)
    with np.errstate(all="raise"):
        for call, fault in ((xp.log, "divide by zero"), (xp.sqrt, "invalid"), (xp.exp, "overflow")):
            with pytest.raises(FloatingPointError, match=fault):
                call(x)
        root = xp.sqrt(x[:1])
        with pytest.raises(FloatingPointError, match="divide by zero"):
            xp.sum(root).backward()


@pytest.mark.parametrize("name", ["abs", "sign"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_0_has_a_sign_without_a_warning(name, dtype, device):
    x = xp.asarray([0j, 3 + 4j, -2j], dtype=dtype, device=device, requires_grad=True)
    with np.errstate(all="raise"):
        y = getattr(xp, name)(x)
        xp.sum(xp.real(y)).backward()
    assert_close(y.detach().numpy(), np.asarray([0, 5, 2] if name == "abs" else [0, 0.6 + 0.8j, -1j], y.dtype.name))
    assert x.grad.tolist()[0] == 0


def test_numpys_state_by_its_names():
    before = xp.geterr()
    x = xp.zeros((1,), device="numpy:cpu")
    with xp.errstate(divide="raise"), pytest.raises(FloatingPointError):
        1 / x
    with xp.errstate(all="ignore"):
        assert (1 / x).tolist() == [np.inf]
    assert xp.seterr(divide="raise") == before
    try:
        assert np.geterr()["divide"] == "raise"
    finally:
        np.seterr(**before)
    with pytest.raises(ValueError, match=r"text|mask"):
        xp.errstate(all="text").__enter__()
