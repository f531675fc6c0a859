"""Derivatives as functions of functions, against torch and known ones; on pytrees and raw arrays."""

import dataclasses
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

import xnn as xp
from tests.autograd.points import X, Y, numpy, raw
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import DTypeError, GraphError, OptionError, ShapeError


class Point(NamedTuple):
    a: Any
    b: Any


@dataclasses.dataclass(frozen=True)
class Line:
    slope: Any
    offset: Any = None


class Plain:
    def __init__(self, x, name):
        self.x, self.name = x, name


xp.register_pytree(Plain, lambda p: ([p.x], p.name), lambda name, branches: Plain(branches[0], name))


def f(x, y):
    return xp.sum(xp.sin(x) * y + x * x * y)


def test_grad_of_raw_arrays(device):
    x, y = raw(X, device), raw(Y, device)
    assert_close(numpy(xp.grad(f)(x, y), device), Y * (np.cos(X) + 2 * X))
    gx, gy = xp.grad(f, argnums=(0, -1))(x, y)
    assert_close(numpy(gx, device), Y * (np.cos(X) + 2 * X))
    assert_close(numpy(gy, device), np.sin(X) + X * X)
    value, gradient = xp.value_and_grad(f, 1)(x, y)
    assert_close(numpy(value, device), np.sum(np.sin(X) * Y + X * X * Y))
    assert_close(numpy(gradient, device), np.sin(X) + X * X)


def test_arrays_in_arrays_out(device):
    gradient = xp.grad(f)(xp.asarray(X, device=device), raw(Y, device))
    assert isinstance(gradient, xp.Array)
    assert gradient.device is device
    assert not gradient.requires_grad


def test_python_floats():
    assert xp.grad(lambda x: x**3)(2.0).item() == 12.0
    assert xp.grad(xp.grad(xp.grad(lambda x: x**3)))(2.0).item() == 6.0


TREES = {
    "dict": ({"b": X, "a": [Y]}, lambda t: f(t["b"], t["a"][0]), lambda t: (t["b"], t["a"][0])),
    "tuple": ((X, (Y, None)), lambda t: f(t[0], t[1][0]), lambda t: (t[0], t[1][0])),
    "named tuple": (Point(X, Y), lambda t: f(t.a, t.b), lambda t: (t.a, t.b)),
    "dataclass": (Line(X, Line(Y)), lambda t: f(t.slope, t.offset.slope), lambda t: (t.slope, t.offset.slope)),
    "registered": ([Plain(X, "x"), Plain(Y, "y")], lambda t: f(t[0].x, t[1].x), lambda t: (t[0].x, t[1].x)),
}


@pytest.mark.parametrize("name", TREES)
def test_pytrees(name):
    tree, function, leaves = TREES[name]
    gradient = xp.grad(function)(tree)
    assert type(gradient) is type(tree)
    gx, gy = leaves(gradient)
    assert_close(gx, Y * (np.cos(X) + 2 * X))
    assert_close(gy, np.sin(X) + X * X)
    _, moved = xp.jvp(function, (tree,), (tree,))
    assert_close(moved, np.sum(gx * X + gy * Y))
    value, (pulled,) = (lambda v, pull: (v, pull(np.asarray(2.0))))(*xp.vjp(function, tree))
    assert_close(leaves(pulled)[1], 2 * gy)
    assert_close(value, function(tree))


def test_the_keys_of_a_dict_stay_in_order():
    assert list(xp.grad(lambda d: d["z"] * d["a"])({"z": 2.0, "a": 3.0})) == ["z", "a"]


def test_a_module_is_a_pytree_of_its_parameters(device):
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)).to(device)
    x = xp.asarray(np.ones((2, 3), np.float32), device=device)

    def loss(model):
        return xp.sum(model(x) ** 2)

    gradient = xp.grad(loss)(model)
    assert type(gradient) is nn.Sequential
    loss(model).backward()
    for (name, p), (other, g) in zip(model.named_parameters(), gradient.named_parameters(), strict=True):
        assert name == other
        assert_close(g.detach().numpy(), p.grad.numpy())
    model.requires_grad = None
    with xp.no_grad():
        assert not xp.grad(loss)(model)[0].weight.requires_grad
    _, moved = xp.jvp(loss, (model,), (gradient,))
    assert_close(moved.detach().numpy(), sum(np.sum(p.grad.numpy() ** 2) for p in model.parameters()), "float32")


def test_a_shared_parameter_has_one_gradient():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.one = nn.Linear(2, 2, bias=False)
            self.other = nn.Linear(2, 2, bias=False)
            self.other.weight = self.one.weight

        def forward(self, x):
            return self.other(self.one(x))

    model = Twice()
    gradient = xp.grad(lambda m: xp.sum(m(xp.ones((1, 2)))))(model)
    assert gradient.one.weight is gradient.other.weight
    xp.sum(model(xp.ones((1, 2)))).backward()
    assert gradient.one.weight.tolist() == model.one.weight.grad.tolist()


def test_aux():
    (value, aux), gradient = xp.value_and_grad(lambda x: (xp.sum(x * x), {"twice": 2 * x}), has_aux=True)(X)
    assert_close(value, np.sum(X * X))
    assert_close(aux["twice"], 2 * X)
    assert_close(gradient, 2 * X)
    gradient, aux = xp.grad(lambda x: (xp.sum(x * x), 7), has_aux=True)(X)
    assert aux == 7
    value, _, aux = xp.vjp(lambda x: (x * x, x), X, has_aux=True)
    assert_close(aux, X)
    value, moved, aux = xp.jvp(lambda x: (x * x, x), (X,), (X,), has_aux=True)
    assert_close((value, moved, aux), (X * X, 2 * X * X, X))
    matrix, aux = xp.jacobian(lambda x: (x * x, x), has_aux=True)(X)
    assert_close(matrix, np.diag(2 * X))
    assert_close(aux, X)


def test_keyword_arguments_are_passed_on():
    assert_close(xp.grad(lambda x, *, scale: xp.sum(x * scale))(X, scale=Y), Y)


def test_vjp_may_be_pulled_many_times(device):
    _, pull = xp.vjp(lambda x, y: x * y, raw(X, device), raw(Y, device))
    for factor in (1.0, 2.0):
        gx, gy = pull(raw(factor * np.ones(3), device))
        assert_close(numpy(gx, device), factor * Y)
        assert_close(numpy(gy, device), factor * X)


def test_jvp_of_several_outputs(device):
    def call(x, y):
        return {"product": x * y, "sums": (xp.sum(x), xp.cumulative_sum(y))}

    value, moved = xp.jvp(call, (raw(X, device), raw(Y, device)), (raw(Y, device), raw(X, device)))
    assert_close(numpy(value["product"], device), X * Y)
    assert_close(numpy(moved["product"], device), X * X + Y * Y)
    assert_close(numpy(moved["sums"][0], device), np.sum(Y))
    assert_close(numpy(moved["sums"][1], device), np.cumsum(X))


def test_what_does_not_depend_has_zeros():
    assert_close(xp.grad(lambda x, y: xp.sum(x), 1)(X, Y), np.zeros(3))
    assert_close(xp.grad(lambda x: xp.asarray(3.0, device="cpu"))(X), np.zeros(3))
    assert_close(xp.jvp(lambda x: xp.asarray(Y, device="cpu"), (X,), (X,))[1], np.zeros(3))
    assert_close(xp.jacobian(lambda x: xp.sign(x))(X), np.zeros((3, 3)))


def curl(x):
    return xp.stack([x[0] * x[1], xp.sin(x[2]), x[0] ** 3 * x[2], xp.exp(x[1])])


def torch_curl(x):
    return torch.stack([x[0] * x[1], torch.sin(x[2]), x[0] ** 3 * x[2], torch.exp(x[1])])


@pytest.mark.needs("torch")
def test_jacobian_against_torch(device):
    expected = torch.autograd.functional.jacobian(torch_curl, torch.asarray(X)).numpy()
    assert_close(numpy(xp.jacobian(curl)(raw(X, device)), device), expected)  # forward: fewer columns
    assert_close(numpy(xp.jacobian(lambda x: curl(x)[:2])(raw(X, device)), device), expected[:2])  # backward


@pytest.mark.needs("torch")
def test_hessian_against_torch(device):
    expected = torch.autograd.functional.hessian(lambda x: torch.sum(torch_curl(x) ** 2), torch.asarray(X)).numpy()
    hessian = xp.hessian(lambda x: xp.sum(curl(x) ** 2))
    assert_close(numpy(hessian(raw(X, device)), device), expected)
    (product,) = xp.hvp(lambda x: xp.sum(curl(x) ** 2), (raw(X, device),), (raw(Y, device),))
    assert_close(numpy(product, device), expected @ Y)


def test_hessian_of_a_pytree():
    hessian = xp.hessian(lambda d: xp.sum(d["x"] ** 2) * d["y"])({"x": X, "y": np.asarray(2.0)})
    assert_close(hessian["x"]["x"], 4 * np.eye(3))
    assert_close(hessian["x"]["y"], 2 * X)
    assert_close(hessian["y"]["x"], 2 * X)
    assert_close(hessian["y"]["y"], 0.0)


def test_jacobian_for_several_arguments():
    one, other = xp.jacobian(lambda x, y: x * y, (0, 1))(X, Y)
    assert_close(one, np.diag(Y))
    assert_close(other, np.diag(X))


def test_empty_arrays():
    empty = np.zeros((0,))
    assert xp.grad(xp.sum)(empty).shape == (0,)
    assert xp.jacobian(lambda x: x)(empty).shape == (0, 0)
    assert xp.jacobian(lambda x: xp.concat([x, xp.ones(2, dtype=xp.float64, device="cpu")]))(empty).shape == (2, 0)


# ---- nesting ----


def test_third_order_in_every_mixture():
    def cube(x):
        return x**3 * xp.sin(x)

    def forward(function):
        return lambda x: xp.jvp(function, (x,), (xp.ones_like(x),))[1]

    x = 0.7
    expected = 6 * np.sin(x) + 18 * x * np.cos(x) - 9 * x**2 * np.sin(x) - x**3 * np.cos(x)
    for one in (xp.grad, forward):
        for two in (xp.grad, forward):
            for three in (xp.grad, forward):
                came = one(two(three(cube)))(xp.asarray(x, dtype=xp.float64))
                assert_close(came.numpy(), expected)


def test_perturbations_are_not_confused():
    """d/dx (x * d/dy (x + y)) is 1, not 2 (Siskind and Pearlmutter 2005)."""
    assert xp.grad(lambda x: x * xp.grad(lambda y: x + y)(1.0))(1.0).item() == 1.0
    inner = lambda x: x * xp.jvp(lambda y: x + y, (xp.asarray(1.0),), (xp.asarray(1.0),))[1]  # noqa: E731
    assert xp.jvp(inner, (1.0,), (1.0,))[1].item() == 1.0


def test_an_array_outside_of_the_function_is_on_the_graph():
    w = xp.asarray(2.0, dtype=xp.float64, device="cpu", requires_grad=True)
    penalty = xp.sum(xp.grad(lambda x: xp.sum(w * x**2))(xp.asarray(X, device="cpu")) ** 2)
    penalty.backward()
    assert_close(w.grad.numpy(), np.sum(8 * 2.0 * X**2))
    assert isinstance(xp.grad(lambda x: xp.sum(w * x**2))(X), np.ndarray)  # raw arrays in, raw arrays out


def test_a_leaf_can_be_differentiated_through_a_transform(device):
    x = xp.asarray(X, device=device, requires_grad=True)
    slope = xp.grad(lambda x: xp.sum(x**3))(x)
    assert slope.requires_grad
    xp.sum(slope).backward()
    assert_close(x.grad.numpy(), 6 * X)


def test_the_gradient_of_vjps_pull():
    def through(x):
        _, pull = xp.vjp(lambda x: x**2, x)
        return xp.sum(pull(x)[0])  # 2 x**2

    assert_close(xp.grad(through)(X), 4 * X)


def test_inside_no_grad(device):
    x = xp.asarray(X, device=device, requires_grad=True)
    with xp.no_grad():
        slope = xp.grad(lambda x: xp.sum(x * x))(x)
        value, moved = xp.jvp(lambda x: x * x, (x,), (x,))
    assert not slope.requires_grad
    assert not value.requires_grad
    assert not moved.requires_grad
    assert_close(slope.numpy(), 2 * X)
    assert_close(moved.numpy(), 2 * X * X)


def test_no_grad_inside_stops_the_derivative():
    def stopped(x):
        with xp.no_grad():
            y = x * x
        return xp.sum(x * y)

    assert_close(xp.grad(stopped)(X), X * X)


def test_enable_grad_inside_of_forward_mode():
    def call(x):
        with xp.no_grad(), xp.enable_grad():
            return xp.cumulative_sum(x) * xp.max(x)  # whose tangents are transposed

    assert_close(xp.jvp(call, (X,), (Y,))[1], np.cumsum(Y) * 2.0 + np.cumsum(X) * Y[2])


# ---- complex ----

Z = np.asarray([0.5 + 1.0j, -1.5 + 0.25j])


@pytest.mark.needs("torch")
def test_complex_gradients_are_torchs(device):
    def function(lib):
        return lambda z: lib.sum(lib.abs(lib.sin(z) * z) ** 2)

    z = torch.tensor(Z, requires_grad=True)
    function(torch)(z).backward()
    expected = z.grad.numpy()
    assert_close(numpy(xp.grad(function(xp))(raw(Z, device)), device), expected)
    leaf = xp.asarray(Z, device=device, requires_grad=True)
    function(xp)(leaf).backward()
    assert_close(leaf.grad.numpy(), expected)


@pytest.mark.needs("torch")
def test_complex_cotangents_are_torchs(device):
    v = np.asarray([1.0 - 2.0j, 0.5j])
    z = torch.tensor(Z, requires_grad=True)
    (expected,) = torch.autograd.grad(z**2 * 1j, z, torch.asarray(v))
    _, pull = xp.vjp(lambda z: z**2 * 1j, raw(Z, device))
    assert_close(numpy(pull(raw(v, device))[0], device), expected.numpy())
    leaf = xp.asarray(Z, device=device, requires_grad=True)
    (leaf**2 * 1j).backward(xp.asarray(v, device=device))
    assert_close(leaf.grad.numpy(), expected.numpy())


def test_complex_tangents(device):
    _, moved = xp.jvp(lambda z: z**2 * 1j, (raw(Z, device),), (raw(Z, device),))
    assert_close(numpy(moved, device), 2j * Z * Z)
    matrix = xp.jacobian(lambda x: xp.exp(1j * x))(raw(X, device))
    assert_close(numpy(matrix, device), np.diag(1j * np.exp(1j * X)))


# ---- what is refused ----


class Stranger:
    """What no transform knows."""


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: xp.grad(lambda x: x)(X), GraphError, r"grad starts from a real scalar, .* float64 of shape \(3,\)"),
        (lambda: xp.grad(xp.sum)(Z), GraphError, r"array of one element; this array is complex128"),
        (lambda: xp.grad(xp.sum)(np.asarray([1, 2])), DTypeError, "argument 0 has one of int64 in it"),
        (lambda: xp.grad(xp.sum)("x"), TypeError, r"argument 0 has a str in it\. Cure: leave it out of argnums\.$"),
        (lambda: xp.grad(f)(3, X), DTypeError, r"and floats; argument 0 has an int in it\. Cure: float\(3\), or"),
        (lambda: xp.grad(f, 1)(X, [1.0, True]), DTypeError, r"argument 1 has a bool in it\. Cure: float\(True\)"),
        (lambda: xp.hessian(f)({"a": 3}, X), DTypeError, r"argument 0 has an int in it\. Cure: float\(3\)"),
        (lambda: xp.vjp(f, X, 3), DTypeError, r"argument 1 has an int in it\. Cure: float\(3\), or close over it"),
        (lambda: xp.jvp(f, (X, 3), (X, 1)), DTypeError, r"argument 1 has an int in it\. Cure: float\(3\), or close"),
        (lambda: xp.grad(f)(10**400, X), DTypeError, "argument 0 has an int in it"),
        (lambda: xp.grad(f)(b"x", X), TypeError, r"argument 0 has a bytes in it\. Cure: leave it out of argnums\.$"),
        (lambda: xp.grad(f)(Fraction(1, 2), X), DTypeError, r"a Fraction in it\. Cure: float\(Fraction\(1, 2\)\), or"),
        (lambda: xp.grad(f)(memoryview(X), X), TypeError, r"a memoryview in it\. Cure: xnn\.asarray\(x\), or"),
        (lambda: xp.grad(f)(np.int64(3), X), DTypeError, r"has one of int64 in it\. Cure: xnn\.astype\(x"),
        (lambda: xp.grad(f)(xp.asarray([True]), X), DTypeError, r"has one of bool in it\. Cure: xnn\.astype"),
        (lambda: xp.grad(f)(Stranger(), X), TypeError, r"a Stranger in it\. Cure: .* xnn\.register_pytree\(Stranger"),
        (lambda: xp.grad(xp.sum, 1)(X), OptionError, "argnums are positions of the 1 positional arguments; got 1"),
        (lambda: xp.grad(xp.sum, "0")(X), OptionError, "argnums is an int or a tuple of them; got '0'"),
        (lambda: xp.grad(f, (0, 0))(X, Y), OptionError, "argnums names each argument once"),
        (lambda: xp.grad(lambda x: float(xp.sum(x)))(X), GraphError, r"float\(x\) would leave the graph unseen"),
        (lambda: xp.grad(lambda x: "y")(X), TypeError, "needs a function that gives an array; got str"),
        (lambda: xp.grad(xp.sum, has_aux=True)(X), TypeError, r"gives \(value, aux\); got Array"),
        (lambda: xp.jvp(xp.sum, X, X), TypeError, "a tuple of primals and a tuple of as many tangents"),
        (lambda: xp.jvp(xp.sum, (X,), (Y[:2],)), ShapeError, r"the tangent of jvp has the shape \(3,\) .*; got \(2,\)"),
        (lambda: xp.jvp(lambda d: d["a"], ({"a": X},), ({"b": X},)), ShapeError, "has the structure dict"),
        (lambda: xp.vjp(xp.sum, X)[1](X), ShapeError, r"the cotangent of vjp has the shape \(\) .*; got \(3,\)"),
        (lambda: xp.vjp(xp.sum, X)[1]("g"), TypeError, "the cotangent of vjp consists of arrays; got str"),
        (lambda: xp.jacobian(xp.abs)(Z), DTypeError, "jacobian and hessian are of real arguments"),
    ],
)  # fmt: skip
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- linearize, elementwise_grad, stop_gradient ----


def test_linearize_runs_the_function_once(device):
    calls = []

    def f(tree, y):
        calls.append(None)
        return {"out": xp.sin(tree["x"]) * y, "same": y}

    x, y = (xp.asarray(np.asarray(a), device=device) for a in ([0.5, 1.0], [2.0, -3.0]))
    value, push = xp.linearize(f, {"x": x}, y)
    for tangents in (({"x": y}, x), ({"x": x}, y)):
        came = push(*tangents)
        expected = xp.jvp(f, ({"x": x}, y), tangents)[1]
        assert_close(came["out"].numpy(), expected["out"].numpy())
        assert_close(came["same"].numpy(), tangents[1].numpy())
    assert len(calls) == 3  # two of them by jvp
    assert_close(value["out"].numpy(), (xp.sin(x) * y).numpy())
    with pytest.raises(TypeError, match="a tangent for each of 2 primals; got 1"):
        push({"x": x})
    with pytest.raises(ShapeError, match=r"the tangent of linearize has the shape \(2,\)"):
        push({"x": x}, xp.ones(3, device=device, dtype=xp.float64))


def test_linearize_gives_raw_arrays_for_raw_arrays_and_is_differentiated():
    x = np.asarray([0.5, 1.0])
    value, push = xp.linearize(lambda x: x**2, x)
    assert type(value) is type(push(x)) is np.ndarray
    x *= 0  # the derivative is that of the call
    assert_close(push(np.ones(2)), [1.0, 2.0])
    second = xp.grad(lambda x: xp.sum(xp.linearize(lambda x: x**3, x)[1](xp.ones_like(x))))(np.asarray([2.0]))
    assert_close(second, [12.0])


def test_elementwise_grad(device):
    x = xp.asarray(np.asarray([[0.5, 1.0]]), device=device)
    assert_close(xp.elementwise_grad(xp.sin)(x).numpy(), np.cos([[0.5, 1.0]]))
    both = xp.elementwise_grad(lambda x, y: x * y, argnums=(0, 1))(x, 2.0)
    assert_close(both[0].numpy(), [[2.0, 2.0]])
    assert_close(both[1].numpy(), 1.5)
    third = xp.elementwise_grad(xp.elementwise_grad(xp.elementwise_grad(lambda x: x**4)))
    assert_close(third(x).numpy(), 24 * np.asarray([[0.5, 1.0]]))
    with pytest.raises(GraphError, match="elementwise_grad: the function gave a Python float"):
        xp.elementwise_grad(lambda x: 1.0)(x)


def test_stop_gradient():
    x = np.asarray([1.0, 2.0])
    assert_close(xp.grad(lambda x: xp.sum(x * xp.stop_gradient({"a": x**2, "b": None})["a"]))(x), x**2)
    assert xp.stop_gradient("text") == "text"
    assert xp.stop_gradient(x) is x


def test_check_gradients_takes_raw_arrays_and_numbers():
    xp.check_gradients(lambda x, y, z, n: xp.sin(x) ** n * y + z, np.asarray([0.5, 1.0]), np.float64(2.0), 3.0, 2)
    with pytest.raises(AssertionError, match="the first derivative is"):
        xp.check_gradients(lambda x: x * xp.stop_gradient(x), np.asarray([0.5, 1.0]))
    with pytest.raises(DTypeError, match="varies float64 and complex128 arrays; got none"):
        xp.check_gradients(xp.sin, np.asarray([0.5], "float32"))


def test_check_gradients_takes_and_gives_trees():
    def f(tree, n):
        x, y = tree["x"]
        return {"sum": x + y, "more": (x * y, n, "text"), "count": xp.asarray(3)}

    xp.check_gradients(f, {"x": (np.asarray([0.5, 1.0]), 2.0)}, 7)
    with pytest.raises(AssertionError, match="the first derivative is"):
        xp.check_gradients(lambda tree: (tree[0], tree[1] * xp.stop_gradient(tree[0])), [np.asarray(0.5), 2.0])


def test_a_derivative_starts_from_one_element_in_whatever_shape():
    x = np.asarray([[2.0]])
    value, gradient = xp.value_and_grad(lambda x: x**2)(x)
    assert value.shape == gradient.shape == (1, 1)
    assert_close(gradient, [[4.0]])
    y = xp.asarray(x, requires_grad=True)
    (y**3).backward()
    assert_close(y.grad.numpy(), [[12.0]])
