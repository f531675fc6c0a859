"""Methods of arrays: each is the function of its name, with NumPy's arguments; and JAX's updates."""

import numpy as np
import pytest

import xnn as xp
from tests.tolerances import assert_close
from xnn.array_methods import Methods
from xnn.errors import OptionError

X = np.asarray([[3.0, -1.0, 2.0], [0.5, 4.0, -2.5]])

# Calls that NumPy's arrays have as well.
CALLS = {
    "sum": [(), (0,), ((0, 1),), (-1,)], "prod": [(), (1,)], "mean": [(), (0,)], "var": [(), (0,)], "std": [(), (1,)],
    "max": [(), (0,)], "min": [(), (1,)], "all": [(), (0,)], "any": [(), (0,)], "argmax": [(), (1,)],
    "argmin": [(), (0,)], "cumsum": [(), (0,)], "cumprod": [(), (1,)], "argsort": [(), (0,)],
    "take": [([0, 2], 1), ([4, 0],)], "reshape": [(3, 2), ((3, -1),), (-1,)], "ravel": [()], "flatten": [()],
    "squeeze": [()], "transpose": [(), (1, 0), ((1, 0),)], "swapaxes": [(0, 1), (-1, 0)], "repeat": [(2,), (2, 0)],
    "diagonal": [(), (1,)], "trace": [(), (-1,)], "dot": [(X.T,), (2.0,)], "clip": [(-1.0, 2.0), (None, 1.0)],
    "round": [(), (1,)], "conj": [()], "conjugate": [()], "astype": [("float32",)], "copy": [()],
}  # fmt: skip
ATTRIBUTES = ("real", "imag", "itemsize", "nbytes", "strides")
# Others' names: PyTorch's, JAX's, and those whose meaning is not NumPy's.
OTHERS = {
    "abs", "at", "clone", "cpu", "cuda", "data", "exp", "log", "nonzero", "permute", "pow", "ptp", "searchsorted",
    "sort", "sqrt", "square", "to", "unsqueeze", "view",
}  # fmt: skip


def test_every_method_is_here():
    assert {name for name in vars(Methods) if name[0] != "_"} == {*CALLS, *ATTRIBUTES, *OTHERS}


@pytest.mark.parametrize(("name", "args"), [(name, args) for name, calls in CALLS.items() for args in calls])
def test_the_result_is_numpys(name, args, device):
    x = xp.asarray(X, device=device)
    given = [xp.asarray(a, device=device) if isinstance(a, np.ndarray) else a for a in args]
    came, expected = getattr(x, name)(*given), getattr(X, name)(*args)
    assert came.device is device
    assert came.dtype.name == expected.dtype.name
    assert_close(came.numpy(), expected)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes(name, device):
    for values in (X, X + 1j * X[::-1]):
        came = getattr(xp.asarray(values, device=device), name)
        assert_close(came.numpy() if isinstance(came, xp.Array) else came, getattr(values, name))


def test_others(device):
    x = xp.asarray(X, device=device)
    assert_close(x.sort(0).numpy(), np.sort(X, 0))
    assert_close(x.numpy(), X)  # as it was
    assert_close(x.ptp(1).numpy(), np.ptp(X, 1))
    assert_close(x.var(ddof=1).numpy(), X.var(ddof=1))
    assert_close(x.abs().sqrt().exp().log().square().pow(2.0).numpy(), np.abs(X) ** 2)
    assert [i.tolist() for i in (x > 2).nonzero()] == [[0, 1], [0, 1]]
    assert x.ravel().sort().searchsorted(0.0).item() == 2
    assert x.unsqueeze(1).permute(2, 1, 0).view(-1, 2).shape == (3, 2)
    assert x.clone()[0, 0].item() == x.item(0) == x.item(0, 0) == 3.0
    quotient, rest = divmod(x, 2)
    assert_close(quotient.numpy(), X // 2)
    assert_close((divmod(5.0, x)[1]).numpy(), np.remainder(5.0, X))
    assert_close(rest.numpy(), X % 2)


def test_where_it_is(device):
    x = xp.asarray(X, device=device)
    assert x.cpu().device is xp.asarray(1, device="cpu").device
    assert x.to("float32").dtype is xp.float32
    assert x.to(device).device is device
    both = x.to("numpy:cpu", dtype=xp.int64)
    assert (str(both.device), both.dtype) == ("numpy:cpu", xp.int64)
    assert x.to(device=device, dtype=None) is x
    with pytest.raises(OptionError, match=r"x\.to takes a device and a data type; got memory_format, too"):
        x.to(device, memory_format=1)


def test_methods_are_differentiable(device):
    def f(x):
        return (x.reshape(3, 2).T.clip(-2.0, 3.5).cumsum(1) * x.mean(0).sum()).std(axis=0).dot(x[:, 0].repeat(3)[:3])

    xp.check_gradients(f, xp.asarray(X, device=device))
    leaf = xp.asarray(X, device=device, requires_grad=True)
    assert not leaf.data.requires_grad


def test_transposes_say_the_cure():
    assert xp.ones((2, 3)).T.shape == (3, 2)
    with pytest.warns(UserWarning, match=r"Cure: x\.mT for the last two dimensions, or x\.transpose\(\) for all"):
        assert xp.ones((2, 3, 4)).T.shape == (4, 3, 2)
    for shape in ((), (3,)):
        with pytest.warns(UserWarning, match=r"Cure: x as it is, .* x\[:, None\] for a column"):
            assert xp.ones(shape).T.shape == shape
    assert xp.ones((2, 3, 4)).transpose().shape == (4, 3, 2)


# ---- updates ----


KEYS = {
    "one": 0, "slice": (slice(None), slice(0, 2)), "places": ([0, 1, 0], [2, 2, 2]), "mask": X > 1, "row": [1, 1],
}  # fmt: skip


def numpys(name, x, key, value):
    x = x.copy()
    ufunc = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}
    if name in ufunc:
        ufunc[name].at(x, key, value)
    else:
        x[key] = {"set": value, "divide": x[key] / value, "power": np.abs(x[key]) ** value}[name]
    return x


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("name", ["set", "add", "subtract", "multiply", "min", "max", "divide"])
def test_updates_are_numpys(name, key, device):
    x = xp.asarray(X, device=device)
    index = xp.asarray(key, device=device) if isinstance(key, np.ndarray) else key
    came = getattr(x.at[index], name)(1.5)
    assert came.device is device
    assert_close(came.numpy(), numpys(name, X, key, 1.5))
    assert_close(x.numpy(), X)
    assert_close(x.at[index].get().numpy(), X[key])


@pytest.mark.parametrize("name", ["set", "add", "subtract", "multiply", "min", "max", "divide", "power"])
def test_updates_are_differentiable(name, device):
    x, value = xp.asarray(np.abs(X), device=device), xp.asarray([1.2, 0.7, 2.6], dtype=xp.float64, device=device)
    xp.check_gradients(lambda x, v: getattr(x.at[1], name)(v), x, value)
    if name not in ("set", "divide", "power"):  # where an index comes twice
        xp.check_gradients(lambda x, v: getattr(x.at[[0, 1, 0], [0, 1, 0]], name)(v), x, value, order=1)


def test_updates_by_a_function(device):
    x = xp.asarray(X, dtype=xp.float64, device=device)
    assert_close(x.at[0].apply(xp.exp).numpy(), np.concatenate([np.exp(X[:1]), X[1:]]))
    assert x.at[0].mul(2.0).tolist() == x.at[0].multiply(2.0).tolist()
    xp.check_gradients(lambda x: x.at[[0, 1], [1, 2]].apply(xp.sin), x)


def test_html_is_escaped():
    assert xp.asarray([1.0], device="cpu")._repr_html_().startswith("<pre>Array([1.], dtype=float32, device=&#x27;")
