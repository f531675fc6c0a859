"""What would leave the graph unseen, and make a derivative wrong in silence: refused, or still on it."""

import copy
import dataclasses
import math
import pickle
import statistics
import threading

import numpy as np
import pytest

import xnn as xp
from tests.autograd.points import X, numpy, raw
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import data, nn, optim
from xnn.errors import GraphError


@pytest.fixture(autouse=True)
def _made_on_the_cpu():
    """Where NumPy's arrays are: `auto` takes an emulated GPU."""
    with xp.use_device("cpu"):
        yield


UNSEEN = r"would leave the graph unseen: this array depends on .* Cure: .*x\.detach\(\) to look\."

# What takes a number of an Array of shape ().
DOORS = {
    "float": float,
    "complex": complex,
    "item": lambda x: x.item(),
    "tolist": lambda x: x.tolist(),
    "round": lambda x: round(x, 2),
    "sqrt": math.sqrt,
    "fsum": lambda x: math.fsum([x, x]),
    "fmean": lambda x: statistics.fmean([x, x]),
}

# Functions that run another one of an array of shape () under each transform.
TRANSFORMS = {
    "grad": lambda f, x: xp.grad(f)(x),
    "value_and_grad": lambda f, x: xp.value_and_grad(f)(x),
    "aux": lambda f, x: xp.grad(lambda x: (f(x), None), has_aux=True)(x),
    "vjp": lambda f, x: xp.vjp(f, x),
    "jvp": lambda f, x: xp.jvp(f, (x,), (x,)),
    "jacobian": lambda f, x: xp.jacobian(f)(x),
    "hessian": lambda f, x: xp.hessian(f)(x),
    "hvp": lambda f, x: xp.hvp(f, (x,), (x,)),
    "remat": lambda f, x: xp.grad(xp.remat(f))(x),
    "remat of a leaf": lambda f, x: xp.remat(f)(xp.asarray(x, requires_grad=True)),
    "custom_vjp": lambda f, x: xp.grad(_custom(f))(x),
    "check_gradients": lambda f, x: xp.check_gradients(f, xp.asarray(x)),
    "inner": lambda f, x: xp.grad(lambda x: xp.grad(f)(x))(x),
    "outer": lambda f, x: xp.grad(lambda x: xp.grad(lambda y: f(x) * y)(xp.asarray(1.0, dtype=xp.float64)))(x),
    "thread": lambda f, x: xp.grad(lambda x: _in_thread(f, x))(x),
    "a leaf's": lambda f, x: xp.grad(f)(xp.asarray(x, requires_grad=True)),
    "a result's": lambda f, x: xp.grad(f)(2 * xp.asarray(x, requires_grad=True)),
}  # fmt: skip


def _custom(f):
    function = xp.custom_vjp(f)
    function.defvjp(lambda x: (f(x), x), lambda x, g: (g * x,))
    return function


def _in_thread(f, x):
    """f(x), run by another thread, which knows no context of this one."""
    found = []

    def run():
        try:
            found.append(f(x))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("door", DOORS)
def test_no_number_leaves_a_function_that_is_differentiated(door, transform):
    take = DOORS[door]
    for function in (
        lambda x: xp.sin(x) * take(x).real,
        lambda x: xp.sin(x) * take(2.0 * x).real,
        lambda x: xp.sin(x) * take(xp.max(xp.stack([x, -x]))).real,
    ):
        with pytest.raises(GraphError, match=UNSEEN):
            TRANSFORMS[transform](function, np.asarray(0.5))


@pytest.mark.parametrize("door", DOORS)
def test_numbers_that_do_not_depend_on_the_arguments_leave(door, device):
    """A loop with leaves of its own inside of the function, and constants; `detach` and `no_grad` look."""
    take = DOORS[door]
    w = xp.asarray(2.0, dtype=xp.float64, device=device, requires_grad=True)

    def call(x):
        with xp.no_grad():
            looked = take(x)
        loss = w * w
        loss.backward()
        own = xp.asarray(2.0, dtype=xp.float64, device=device)
        assert take(x.detach()) == looked
        return x * (take(loss) + take(own) + take(2 * w)).real

    slope = sum(take(xp.asarray(np.asarray(value))) for value in (4.0, 2.0, 4.0)).real
    assert_close(numpy(xp.grad(call)(raw(np.asarray(3.0), device)), device), slope)
    assert w.grad.item() == 4.0


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * x if x > 1 else x, 4.5),
        (lambda x: x if not x else 3 * x, 3.0),
        (lambda x: x * int(x), 2.0),
        (lambda x: x * math.floor(x) * math.ceil(x), 6.0),
        (lambda x: x * math.trunc(x) * round(x), 4.0),
        (lambda x: sum(x**i for i in range(int(x) + 1)), 5.5),
        (lambda x: [x, 2 * x, 5 * x][xp.astype(x, xp.int64)], 5.0),
        (lambda x: max(x, 2 * x, key=lambda y: y.detach().item()) + min(x, 3 * x), 3.0),
        (lambda x: sorted([3 * x, x, 2 * x])[1], 2.0),
        (lambda x: x if 9.0 in [x] else 2 * x, 2.0),
        (lambda x: x * len(f"{x:.1f}{x}"[:3]), 3.0),
        (lambda x: sum([x, x]) + math.prod([x, x]), 6.5),
        (lambda x: xp.asarray([[1.0, 2.0]], dtype=xp.float64)[0, xp.argmax(xp.stack([x, 2 * x]))] * x, 2.0),
    ],
)
def test_control_flow_goes_on(function, expected):
    x = np.asarray(2.25)
    assert_close(xp.grad(function)(x), expected)
    assert_close(xp.jvp(function, (x,), (np.asarray(1.0),))[1], expected)
    step = 1e-6
    difference = function(xp.asarray(np.asarray(x + step))) - function(xp.asarray(np.asarray(x - step)))
    assert abs(difference.item() / (2 * step) - expected) < 1e-6


@pytest.mark.parametrize("inner", ["grad", "vjp"])
def test_a_transform_in_another_thread_stays_on_the_graph(inner):
    """A derivative of raw arrays, taken by a thread of a function that is differentiated itself: d(2 w X)/dw."""

    def slope(w):
        if inner == "grad":
            return xp.sum(xp.grad(lambda x: xp.sum(w * x * x))(X) * xp.asarray(X, device="cpu"))
        return xp.sum(xp.vjp(lambda x: w * x * x, X)[1](xp.asarray(X, device="cpu"))[0])

    w = np.asarray([1.0, 2.0, 3.0])
    assert_close(xp.grad(lambda w: _in_thread(slope, w))(w), 2 * X * X)


def test_a_norm_of_what_is_differentiated():
    with pytest.raises(
        GraphError, match=r"get_total_norm would leave the graph unseen.*Cure: xnn\.linalg\.vector_norm"
    ):
        xp.grad(lambda x: optim.get_total_norm([x]))(X)

    def clipped(x):
        w = nn.Parameter(xp.ones(3, dtype=xp.float64, device=x.device))
        xp.sum(w * x).backward(create_graph=True)
        norm = optim.clip_grad_norm_([w], 1.0)
        return xp.sum(x) * float(norm)

    assert_close(xp.grad(clipped)(X), 0 * X + np.linalg.norm(X))


def test_a_graph_that_was_freed_still_tells_what_it_was_of():
    def of_both(x):
        loss = xp.sum((w * x) ** 2)
        loss.backward()
        return xp.sum(x) * float(loss)

    def of_its_own(x):
        loss = xp.sum(w**2)
        loss.backward()
        return xp.sum(x) * float(loss)

    w = xp.asarray(X, device="cpu", requires_grad=True)
    with pytest.raises(GraphError, match=UNSEEN):
        xp.grad(of_both)(X)
    assert_close(xp.grad(of_its_own)(X), 0 * X + np.sum(X**2))


def test_after_the_function_its_numbers_may_be_looked_at():
    kept = []

    def call(x):
        kept.append(x * x)
        return xp.sum(kept[-1])

    xp.grad(call)(X)
    assert kept[0].tolist() == (X * X).tolist()


# ---- NumPy's buffers ----


def _filled(x):
    buffer = np.zeros(3)
    for i in range(3):
        buffer[i] = 2 * x[i]
    return xp.sum(xp.asarray(buffer) * x)


def _whole(x):
    buffer = np.zeros(3)
    buffer[...] = x
    return xp.sum(xp.asarray(buffer) * x)


def _added(x):
    buffer = np.zeros(3)
    buffer += x
    return xp.sum(xp.asarray(buffer) * x)


@pytest.mark.parametrize(
    "function",
    [
        _filled,
        _whole,
        _added,
        lambda x: xp.sum(xp.asarray(np.asarray(x)) * x),
        lambda x: xp.sum(xp.asarray(np.array([x[0], x[1], x[2]])) * x),
        lambda x: xp.sum(xp.asarray(np.array(list(x))) * x),
        lambda x: xp.sum(xp.asarray(memoryview(x)) * x),
        lambda x: xp.sum(np.float64(x[0]) * x),
        lambda x: xp.sum(np.full(3, x[0]) * x),
        lambda x: xp.sum(xp.from_dlpack(x) * x),
        lambda x: xp.sum(xp.asarray(np.from_dlpack(x)) * x),
        lambda x: xp.sum(xp.asarray(torch.from_dlpack(x)) * x),
        lambda x: xp.sum(xp.asarray(torch.as_tensor(x)) * x),
        lambda x: xp.sum(xp.asarray(x.numpy()) * x),
        lambda x: xp.sum(xp.arange(x[0], 4.0) * x[0]),
        lambda x: xp.sum(pickle.loads(pickle.dumps(x)) * x),
        lambda x: xp.sum(pickle.loads(pickle.dumps({"x": 2 * x}))["x"] * x),
    ],
)
def test_no_other_array_takes_the_values(function):
    """Each would give a part of the gradient, where all of it or an error is right."""
    with pytest.raises((GraphError, TypeError, ValueError, BufferError, RuntimeError)) as caught:
        xp.grad(function)(X)
    assert "AssertionError" not in repr(caught.value)


def test_numpys_error_has_ours_for_its_cause():
    with pytest.raises(ValueError, match="setting an array element") as caught:
        xp.grad(_filled)(X)
    assert isinstance(caught.value.__cause__, GraphError)


# ---- results ----

RESULTS = {
    "Python float": lambda: 1.0,
    "Python int": lambda: 1,
    "Python bool": lambda: True,
    "numpy.float64": lambda: np.float64(1.0),
    "numpy.float32": lambda: np.float32(1.0),
    "numpy.ndarray": lambda: np.asarray(1.0),
    "torch.Tensor": lambda: torch.tensor(1.0),
}


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_that_is_no_array_of_ours_is_refused(kind):
    make = RESULTS[kind]
    message = f"the function gave a {kind}, whose dependence on the arguments is unknown. Cure: give back an Array"
    for call in (
        lambda: xp.grad(lambda x: make())(X),
        lambda: xp.value_and_grad(lambda x: (make(), None), has_aux=True)(X),
        lambda: xp.hessian(lambda x: make())(X),
        lambda: xp.hvp(lambda x: make(), (X,), (X,)),
        *(
            lambda transform=transform, tree=tree: transform(tree)
            for tree in (lambda x: make(), lambda x: [x, {"a": make()}], lambda x: (make(), x))
            for transform in (
                lambda f: xp.vjp(f, X),
                lambda f: xp.jvp(f, (X,), (X,)),
                lambda f: xp.jacobian(f)(X),
            )
        ),
    ):
        with pytest.raises(GraphError, match=message):
            call()


def test_a_constant_of_ours_has_a_gradient_of_zeros_and_aux_may_be_anything():
    gradient, aux = xp.grad(lambda x: (xp.asarray(1.0), {"a": 3.0, "b": np.ones(2), "c": "text"}), has_aux=True)(X)
    assert_close(gradient, 0 * X)
    assert (aux["a"], aux["b"].tolist(), aux["c"]) == (3.0, [1.0, 1.0], "text")


# ---- copies ----


@dataclasses.dataclass
class Pair:
    a: object
    b: object


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "dict": lambda x: copy.deepcopy({"x": [x]})["x"][0],
    "dataclass": lambda x: copy.deepcopy(Pair(1, x)).b,
    "asarray": lambda x: xp.asarray(x, copy=True),
    "of a result": lambda x: copy.deepcopy(1.0 * x),
    "of a copy": lambda x: copy.copy(copy.deepcopy(x)),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_keeps_the_gradient(name, device):
    take = COPIES[name]

    def function(x):
        twin = take(x)
        twin *= 2.0  # is not x
        return xp.sum(x + twin)

    x = raw(X, device)
    three = 0 * X + 3.0
    assert_close(numpy(xp.grad(function)(x), device), three)
    assert_close(numpy(xp.jvp(function, (x,), (x,))[1], device), np.sum(3 * X))
    assert_close(numpy(xp.grad(xp.remat(function))(x), device), three)
    assert_close(numpy(xp.hessian(lambda x: xp.sum(x * take(x)))(x), device), 2 * np.eye(3))
    leaf = xp.asarray(X, device=device, requires_grad=True)
    assert_close(xp.grad(function)(leaf).detach().numpy(), three)


def test_a_copied_module_keeps_the_gradient_of_what_is_differentiated():
    model = nn.Linear(3, 1, dtype=xp.float64)
    x = xp.asarray(X)

    def loss(model, copied):
        twin = copy.deepcopy(model) if copied else model
        return xp.sum(model(x) + 2 * twin(x))

    once, again = (xp.grad(loss)(model, copied) for copied in (False, True))
    assert_close(again.weight.detach().numpy(), once.weight.detach().numpy())
    assert_close(again.weight.detach().numpy(), 3 * X[None])
    own = copy.deepcopy(model)
    assert isinstance(own.weight, nn.Parameter)
    xp.sum(own(x)).backward()
    assert model.weight.grad is None
    assert_close(own.weight.grad.numpy(), X[None])


@pytest.mark.parametrize(
    "move",
    [
        lambda model: model.to("cpu"),
        lambda model: model.double(),
        lambda model: model.float().double(),
        lambda model: model.to("strict:device1").to("cpu", xp.float64),
    ],
)
def test_a_module_that_is_moved_keeps_the_gradient(move):
    """Parameters are moved off the graph, as leaves; what stands in their place under a transform is not."""
    model = nn.Linear(3, 1, dtype=xp.float64)
    model.register_buffer("scale", xp.asarray(np.asarray(2.0)))
    x = xp.asarray(X)
    expected = xp.grad(lambda model: xp.sum(model(x) ** 2))(model)
    came = xp.grad(lambda model: xp.sum(move(model)(x) ** 2))(model)
    assert_close(came.weight.detach().numpy(), expected.weight.detach().numpy(), "float32")
    slope = xp.grad(lambda s: xp.sum(move(_with_buffer(model, s)).scale ** 2))(np.asarray(3.0))
    assert_close(slope, 6.0)
    assert all(p.is_leaf and isinstance(p, nn.Parameter) for p in move(model).parameters())


def _with_buffer(model, scale):
    twin = copy.deepcopy(model)
    twin.scale = scale
    return twin


def test_batches_that_are_sent_keep_the_gradient():
    def function(x):
        dataset = data.Dataset(x, xp.asarray([0, 1, 0]))
        return sum(xp.sum(inputs.to_device("cpu") ** 2) for inputs, _ in dataset.batches(2, device="strict:device1"))

    assert_close(xp.grad(function)(X), 2 * X)
