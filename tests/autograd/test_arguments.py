"""What a differentiated function may do to its arguments, and what the caller keeps."""

import collections
import dataclasses
import threading
from typing import Any

import numpy as np
import pytest

import xnn as xp
from tests.autograd.points import X, Y, numpy, raw
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import GraphError, ShapeError


def changed_in_place(x):
    x *= 3.0
    x[0] = 2.0 * x[1]
    return xp.sum(x**2)


def test_an_argument_may_be_changed_in_place(device):
    expected = np.asarray([0.0, 90.0, 18.0]) * X  # (6 x1)**2 + (3 x1)**2 + (3 x2)**2
    x = raw(X, device)
    assert_close(numpy(xp.grad(changed_in_place)(x), device), expected)
    assert_close(numpy(x, device), X)
    leaf = xp.asarray(X, device=device, requires_grad=True)
    for point in (leaf, leaf * 1.0, leaf.detach()):
        assert_close(xp.grad(changed_in_place)(point).detach().numpy(), expected)
        assert_close(point.detach().numpy(), X)
        assert_close(xp.jvp(changed_in_place, (point,), (leaf,))[1].detach().numpy(), np.sum(expected * X))
    twice = xp.grad(lambda x: xp.sum(xp.grad(changed_in_place)(x)))
    assert_close(numpy(twice(x), device), [0.0, 90.0, 18.0])


def test_an_argument_that_is_not_differentiated_stays_the_callers():
    y, log = xp.asarray(Y, device="cpu"), []

    def call(x, y, log):
        y *= x
        log.append("called")
        return xp.sum(y)

    assert_close(xp.grad(call)(xp.asarray(X, device="cpu"), y, log).numpy(), Y)
    assert y.tolist() == Y.tolist()
    assert not y.requires_grad
    assert log == ["called"]


def test_results_are_nobody_elses():
    x, y = X.copy(), Y.copy()
    gx, gy = xp.grad(lambda x, y: xp.sum((x + y) ** 2), (0, 1))(x, y)
    gx *= -1
    assert_close(gx, -gy)
    wide = xp.grad(xp.sum)(np.ones((100, 100)))
    wide *= 2.0  # no view that cannot be written to
    value, pull = xp.vjp(lambda x: x, x)
    value *= 2.0
    (back,) = pull(y)
    back *= 2.0
    assert_close(x, X)
    assert_close(y, Y)
    _, moved = xp.jvp(lambda x: x, (x,), (y,))
    moved *= 2.0
    assert_close(y, Y)
    _, aux = xp.grad(lambda x: (xp.sum(x), x), has_aux=True)(x)
    aux *= 2.0
    assert_close(x, X)


def test_vjp_remembers_its_arguments():
    z = X.copy()
    _, pull = xp.vjp(lambda x: x * x, z)
    z[:] = 0.0
    assert_close(pull(np.ones(3))[0], 2 * X)


def test_the_cotangent_is_not_written_to():
    """Parts of one array are added up in one buffer, which is nobody's cotangent."""
    g = np.asarray([5.0, 5.0, 5.0])
    (pulled,) = xp.vjp(lambda z: (z, z[0]), X)[1]((g, np.asarray(1.0)))
    assert g.tolist() == [5.0, 5.0, 5.0]
    assert pulled.tolist() == [6.0, 5.0, 5.0]


def test_a_backward_pass_inside_of_the_function():
    def call(x):
        y = xp.sum(x * x)
        y.backward()
        return y

    for transform in (lambda: xp.grad(call)(X), lambda: xp.jvp(call, (X,), (Y,))):
        with pytest.raises(GraphError, match="through a graph that the first backward pass freed"):
            transform()


def test_a_leaf_that_is_made_inside():
    made = []

    def call(x):
        made.append(xp.asarray(2.0, dtype=xp.float64, device="cpu", requires_grad=True))
        return xp.sum(x * made[0])

    value, _ = xp.value_and_grad(call)(xp.asarray(X, device="cpu"))
    value.backward()
    assert_close(made[0].grad.numpy(), np.sum(X))


def test_an_empty_pytree_has_an_empty_gradient():
    w = xp.asarray(2.0, device="cpu", requires_grad=True)
    y = w * w
    value, gradient = xp.value_and_grad(lambda p: y * 3.0)({})
    assert gradient == {}
    value.backward()
    assert float(w.grad) == 12.0


def test_numpy_scalars_are_arrays():
    x = np.float64(3.0)
    for _ in range(2):
        x = x - 0.1 * xp.grad(lambda x: x * x)(x)
    assert_close(x, 3.0 * 0.8**2)


@pytest.mark.every_device
def test_python_numbers_have_the_type_and_device_of_the_others(device):
    gx, ga = xp.grad(lambda x, a: xp.sum(x * a), (0, 1))(raw(X, device), 0.1)
    assert_close(numpy(gx, device), np.full(3, 0.1))
    assert_close(numpy(ga, device), np.sum(X))


def test_a_jacobian_has_the_arguments_type():
    x = np.float32([1, 2])
    for f in (lambda x: xp.astype(x, xp.float64)[:1], lambda x: xp.concat([xp.astype(x, xp.float64)] * 2)):
        assert xp.jacobian(f)(x).dtype == np.float32


@dataclasses.dataclass
class Model:
    weight: Any
    name: str = dataclasses.field(default="a", metadata={"static": True})

    def __post_init__(self):
        self.calls = 0


def test_fields_that_are_static():
    def call(model):
        assert (model.name, model.calls) == ("b", 0)
        return xp.sum(model.weight**2)

    gradient = xp.grad(call)(Model(X, "b"))
    assert gradient.name == "b"
    assert_close(gradient.weight, 2 * X)


def test_a_subclass_of_dict():
    tree = collections.defaultdict(list, a=X)
    gradient = xp.grad(lambda d: xp.sum(d["a"] ** 2) + len(d["none"]))(tree)
    assert type(gradient) is collections.defaultdict
    assert_close(gradient["a"], 2 * X)


def test_keys_of_a_dict_are_told():
    with pytest.raises(ShapeError, match=r"has the structure dict\('a': \*, 'b': \*\); got dict\('a': \*, 'c': \*\)"):
        xp.jvp(lambda d: d["a"], ({"a": X, "b": Y},), ({"c": Y, "a": X},))
    value, _ = xp.jvp(lambda d: d["a"], ({"a": X, "b": Y},), ({"b": Y, "a": X},))
    assert_close(value, X)


def test_a_modules_buffers_are_shared_with_its_copies():
    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(xp.asarray(2.0, dtype=xp.float64, device="cpu"))
            self.register_buffer("mean", xp.zeros((), dtype=xp.float64, device="cpu"))

        def forward(self, x):
            self.mean = 0.5 * self.mean + 0.5 * xp.mean(x)
            return xp.sum(self.weight * x)

    module = Mean()
    xp.grad(lambda m: m(xp.asarray(X, device="cpu")))(module)
    assert_close(module.mean.numpy(), 0.5 * np.mean(X))
    assert_close(module.state_dict()["mean"].numpy(), 0.5 * np.mean(X))
    del module.mean
    assert not hasattr(module, "mean")


def test_a_thread_of_its_own_has_no_forward_mode():
    def call(x):
        out = []
        thread = threading.Thread(target=lambda: out.append(xp.cumulative_sum(x)))
        thread.start()
        thread.join()
        return out[0]

    with pytest.raises(GraphError, match="was recorded elsewhere than in forward mode, as by another thread"):
        xp.jvp(call, (X,), (Y,))
    assert_close(xp.vjp(call, X)[1](np.ones(3))[0], [3.0, 2, 1])
