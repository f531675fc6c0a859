"""Functions of networks, beside their formulas."""

import numpy as np

from .statement import assign

ONE = {
    "relu({a})": "np.maximum({a}, 0)",
    "sigmoid({a})": "special.expit({a})",
    "silu({a})": "{a} * special.expit({a})",
    "gelu({a})": "0.5 * {a} * special.erfc(-{a} / 2 ** 0.5)",
    "softplus({a})": "np.logaddexp({a}, np.zeros_like({a}))",
    "elu({a}, 0.7)": "np.where({a} > 0, {a}, 0.7 * np.expm1(np.minimum({a}, 0)))",
    "leaky_relu({a}, 0.1)": "np.where({a} >= 0, {a}, 0.1 * {a})",
    "hardtanh({a})": "np.clip({a}, -1, 1)",
    "softsign({a})": "{a} / (1 + np.abs({a}))",
    "logsigmoid({a})": "special.log_expit({a})",
    "relu6({a})": "np.clip({a}, 0, 6)",
}
ROW = {
    "softmax({a}, dim=-1)": "special.softmax({a}, axis=-1)",
    "log_softmax({a}, dim=-1)": "special.log_softmax({a}, axis=-1)",
    "layer_norm({a}, {a}.shape[-1:])":
        "({a} - np.mean({a}, axis=-1, keepdims=True)) / np.sqrt(np.var({a}, axis=-1, keepdims=True) + 1e-5)",
    "rms_norm({a}, {a}.shape[-1:], eps=1e-5)": "{a} / np.sqrt(np.mean({a} ** 2, axis=-1, keepdims=True) + 1e-5)",
}  # fmt: skip
LOSSES = {
    "mse_loss": "np.mean(({a} - {b}) ** 2)",
    "l1_loss": "np.mean(np.abs({a} - {b}))",
    "huber_loss":
        "np.mean(np.where(np.abs({a} - {b}) < 1, 0.5 * ({a} - {b}) ** 2, np.abs({a} - {b}) - 0.5))",
    "binary_cross_entropy_with_logits":
        "np.mean(np.log1p(np.exp(-np.abs({a}))) + np.where({a} > 0, {a} * (1 - np.clip({b}, 0, 1)),"
        " -{a} * np.clip({b}, 0, 1)))",
}  # fmt: skip


def finite(x):
    return bool(np.all(np.isfinite(x)))


def tame(x):
    """Without what becomes infinite on the way: tiles of convolutions add and subtract first."""
    return finite(x) and np.abs(x).max(initial=0) < 1e9


def one(draft):
    text = draft.choice(list(ONE))
    x = draft.pick("f")
    return x and assign(draft, f"xp.nn.functional.{text}", [x], ONE[text])


def row(draft):
    text = draft.choice(list(ROW))
    x = draft.pick("f", lambda x: x.ndim > 0 and x.size > 0 and finite(x))  # SciPy's of inf are not PyTorch's
    if x and draft.calm and text.startswith("layer_norm") and np.std(draft.value(x), axis=-1).min() < 0.1:
        return None  # of equal numbers it is rounding
    return x and assign(draft, f"xp.nn.functional.{text}", [x], ROW[text])


def loss(draft):
    name = draft.choice(list(LOSSES))
    a = draft.pick("f", lambda x: x.size > 0 and finite(x))
    b = a and draft.pick("f", lambda x: x.shape == draft.shape(a) and x.dtype == draft.dtype(a) and finite(x))
    second = "xp.clip({b}, 0.0, 1.0)" if name.startswith("binary") else "{b}"
    return b and assign(draft, f"xp.losses.{name}({{a}}, {second})", [a, b], LOSSES[name])


def convolution(draft):
    """conv1d and conv2d, without padding: windows times weights."""
    x = draft.pick("f", lambda x: x.ndim in (3, 4) and x.size > 0 and max(x.shape) < 9 and tame(x))
    if x is None:
        return None
    shape, dims = draft.shape(x), len(draft.shape(x)) - 2
    w = draft.pick("f", lambda w: w.size > 0 and w.dtype == draft.dtype(x) and is_kernel(w.shape, shape) and tame(w))
    windows = f"np.lib.stride_tricks.sliding_window_view({{a}}, {{b}}.shape[2:], axis={tuple(range(2, 2 + dims))})"
    sums = "np.einsum('ncxi,oci->nox', {}, {{b}})" if dims == 1 else "np.einsum('ncxyij,ocij->noxy', {}, {{b}})"
    return w and assign(draft, f"xp.nn.functional.conv{dims}d({{a}}, {{b}})", [x, w], sums.format(windows))


def is_kernel(kernel, shape):
    if len(kernel) != len(shape) or kernel[1] != shape[1]:
        return False
    return all(k <= n for k, n in zip(kernel[2:], shape[2:], strict=True))


def pool(draft):
    """Means and maxima over windows of 2."""
    x = draft.pick("f", lambda x: x.ndim == 4 and x.size > 0 and min(x.shape[2:]) > 1 and finite(x))
    name, mean = draft.choice([("avg_pool2d", "mean"), ("max_pool2d", "max")])
    windows = "np.lib.stride_tricks.sliding_window_view({a}, (2, 2), axis=(2, 3))[:, :, ::2, ::2]"
    return x and assign(draft, f"xp.nn.functional.{name}({{a}}, 2)", [x], f"{windows}.{mean}(axis=(4, 5))")


def attention(draft):
    x = draft.pick("f", lambda x: x.ndim in (3, 4) and x.size > 0 and tame(x))
    y = x and draft.pick("f", lambda y: y.shape == draft.shape(x) and y.dtype == draft.dtype(x) and tame(y))
    root = y and f"{draft.shape(x)[-1] ** 0.5!r}"
    return y and assign(
        draft, "xp.nn.functional.scaled_dot_product_attention({a}, {b}, {a})", [x, y],
        f"special.softmax({{a}} @ {{b}}.mT / {root}, axis=-1) @ {{a}}",
    )  # fmt: skip


def linear(draft):
    x = draft.pick("f", lambda x: x.ndim > 0 and x.size > 0)
    w = x and draft.pick("f", lambda w: w.ndim == 2 and w.shape[1] == draft.shape(x)[-1] and w.dtype == draft.dtype(x))
    return w and assign(draft, "xp.nn.functional.linear({a}, {b})", [x, w], "{a} @ {b}.T")


def cross_entropy(draft):
    x = draft.pick("f", lambda x: x.ndim == 2 and x.size > 0 and finite(x))
    return x and assign(
        draft, "xp.losses.cross_entropy({a}, xp.argmin({a}, axis=1))", [x],
        "np.mean(-np.min(special.log_softmax({a}, axis=1), axis=1))",
    )  # fmt: skip


ROWS = {one: 3, row: 2, loss: 1, linear: 1, convolution: 2, pool: 1, attention: 1, cross_entropy: 0.5}
