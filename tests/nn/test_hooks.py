"""Hooks beside PyTorch's: when they are called, what they see, and what they change."""

import copy
import pickle

import numpy as np
import pytest

import xnn as xp
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import GraphError, ShapeError

WEIGHT = np.asarray([[1.0, 2.0], [3.0, -1.0]])


def pair(seen):
    """A linear layer of each library with hooks that `seen` registers; then input, output and gradients of a call."""

    def run(library, array):
        layer = library.Linear(2, 2, bias=False, device="cpu", dtype=array([0.0]).dtype)
        layer.load_state_dict({"weight": array(WEIGHT)})
        log = []
        seen(layer, log)
        x = array([[1.0, -2.0]])
        x.requires_grad = True
        out = layer(x)
        (out * out).backward(array([[1.0, 1.0]])) if library is nn else (out * out).sum().backward()
        return log, out.detach().numpy(), x.grad.numpy(), layer.weight.grad.numpy()

    ours = run(nn, lambda x: xp.asarray(x, dtype=xp.float64, device="cpu"))
    theirs = run(torch.nn, lambda x: torch.tensor(np.asarray(x), dtype=torch.float64))
    assert ours[0] == theirs[0]
    for came, expected in zip(ours[1:], theirs[1:], strict=True):
        assert_close(came, expected)
    return ours[0]


def rows(*arrays):
    return [None if x is None else x.tolist() for x in arrays]


@pytest.mark.needs("torch")
def test_order_and_what_they_see():
    def register(layer, log):
        layer.register_forward_pre_hook(lambda m, args: log.append(["before", rows(*args)]))
        layer.register_forward_pre_hook(lambda m, args: log.append(["first", None]), prepend=True)
        layer.register_forward_hook(lambda m, args, out: log.append(["after", rows(*args, out)]))
        layer.register_full_backward_pre_hook(lambda m, g: log.append(["backward before", rows(*g)]))
        layer.register_full_backward_hook(lambda m, gi, go: log.append(["backward", rows(*gi, *go)]))

    log = pair(register)
    assert [name for name, _ in log] == ["first", "before", "after", "backward before", "backward"]


@pytest.mark.needs("torch")
def test_what_they_change():
    def register(layer, log):
        layer.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
        layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
        layer.register_forward_hook(lambda m, args, out: out * 3)
        layer.register_full_backward_pre_hook(lambda m, g: (g[0] * 0.5,))
        layer.register_full_backward_hook(lambda m, gi, go: (gi[0] + go[0],))

    pair(register)


def test_keywords():
    class Scale(nn.Module):
        def forward(self, x, *, factor=1.0):
            return x * factor

    layer, seen = Scale(), []
    layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"factor": 2 * kwargs["factor"]}), with_kwargs=True)
    layer.register_forward_hook(lambda m, args, kwargs, out: seen.append(kwargs), with_kwargs=True)
    assert float(layer(xp.asarray(3.0, device="cpu"), factor=2.0)) == 12.0
    assert seen == [{"factor": 4.0}]


@pytest.mark.parametrize("given", [(1,), ((1,), 2), 1, [(1,), {}]], ids=str)
def test_a_hook_that_is_shown_keywords_gives_both(given):
    layer = nn.ReLU()
    layer.register_forward_pre_hook(lambda m, args, kwargs: given, with_kwargs=True)
    text = (
        r"a forward pre-hook that is shown keywords gives None, or \(args, kwargs\), a tuple and a dict; "
        rf"got {type(given).__name__}. Cure: return args, kwargs."
    )
    with pytest.raises(TypeError, match=text):
        layer(xp.ones((1,), device="cpu"))


@pytest.mark.needs("torch")
def test_hooks_in_hooked_modules_are_called_in_pytorchs_order():
    def run(library, ones):
        model, log = library.Sequential(library.Sequential(library.Linear(2, 2), library.Tanh()), library.ReLU()), []
        for name, module in model.named_modules():
            module.register_full_backward_pre_hook(lambda m, go, name=name: log.append(("before", name)))
            module.register_full_backward_hook(lambda m, gi, go, name=name: log.append((name, gi[0] is None)))
            module.register_forward_hook(lambda m, args, out, name=name: log.append(("forward", name)))
        x = ones((1, 2))
        x.requires_grad = True
        model(x).backward(ones((1, 2)))
        return log

    assert run(nn, xp.ones) == run(torch.nn, torch.ones)


def test_hooks_under_no_grad_and_in_transforms():
    model, log = nn.Sequential(nn.Linear(2, 1, device="cpu"), nn.Tanh()), []
    model[0].register_full_backward_hook(lambda m, gi, go: log.append((gi[0] is None, go[0].shape)))
    x = xp.ones((3, 2), device="cpu")
    with xp.no_grad():
        model(x)
    assert not log
    xp.grad(lambda model: xp.sum(model(x)))(model)
    xp.grad(lambda x: xp.sum(model(x)))(x)
    assert log == [(True, (3, 1)), (False, (3, 1))]
    y = xp.asarray(np.ones((3, 2), "float32"), device="cpu", requires_grad=True)
    xp.sum(xp.remat(model)(y)).backward()
    assert log[2:] == [(False, (3, 1))]
    with pytest.raises(GraphError, match="module_with_backward_hooks has a derivative of its own, which goes backward"):
        xp.jvp(model, (x,), (x,))


def test_a_hook_that_raises_leaves_the_module_as_it_was():
    def fail(*args):
        raise KeyError("own")

    layer, x = nn.ReLU(), xp.asarray([1.0], device="cpu", requires_grad=True)
    for register in (layer.register_forward_pre_hook, layer.register_forward_hook, layer.register_full_backward_hook):
        with register(fail), pytest.raises(KeyError, match="own"):
            xp.sum(layer(x)).backward()
    xp.sum(layer(x)).backward()
    assert x.grad.tolist() == [1.0]


def test_a_hook_is_removed():
    layer, seen = nn.ReLU(), []
    handle = layer.register_forward_hook(lambda *args: seen.append(1))
    with layer.register_forward_hook(lambda *args: seen.append(2)):
        layer(xp.ones((1,), device="cpu"))
    handle.remove()
    handle.remove()
    layer(xp.ones((1,), device="cpu"))
    assert seen == [1, 2]


class Two(nn.Module):
    def forward(self, x, n, y):
        return {"sum": x + y, "n": n} if isinstance(n, str) else (x * y, n, x + y)


def test_several_inputs_and_outputs(device):
    layer, seen = Two(), []
    layer.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = xp.asarray([2.0], device=device, requires_grad=True)
    y = xp.asarray([5.0], device=device)
    product, n, _ = layer(x, 7, y)
    assert n == 7
    xp.sum(product).backward()
    ((gi, go),) = seen
    assert gi[0].tolist() == [5.0]
    assert gi[1] is None
    assert gi[2] is None
    assert (go[0].tolist(), go[1], go[2].tolist()) == ([1.0], None, [0.0])
    assert x.grad.tolist() == [5.0]
    assert gi[0].device is device


@pytest.mark.needs("torch")
@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_without_a_gradient_of_the_input():
    def register(layer, log):
        layer.register_full_backward_hook(lambda m, gi, go: log.append(rows(*gi, *go)))

    def run(library, ones):
        layer, log = library.Linear(1, 1, bias=False, device="cpu"), []
        layer.load_state_dict({"weight": ones((1, 1))})
        register(layer, log)
        out = layer(ones((1, 1)))
        out.backward(ones((1, 1)))
        return log

    assert run(nn, lambda s: xp.ones(s, device="cpu")) == run(torch.nn, torch.ones) == [[None, [[1.0]]]]


def test_a_wrong_count_of_gradients():
    layer = nn.ReLU()
    layer.register_full_backward_hook(lambda m, gi, go: (gi[0], gi[0]))
    x = xp.asarray(1.0, device="cpu", requires_grad=True)
    with pytest.raises(ShapeError, match="a gradient hook gives None, or a tuple of 1 gradients; got 2"):
        layer(x).backward()


def test_copies_have_hooks_of_their_own():
    layer = nn.ReLU()
    layer.register_forward_hook(double)
    copied = copy.deepcopy(layer)
    copied.register_forward_hook(double)
    x = xp.asarray(1.0, device="cpu")
    assert (float(layer(x)), float(copied(x))) == (2.0, 4.0)
    assert float(pickle.loads(pickle.dumps(layer))(x)) == 2.0


def double(module, args, out):
    return 2 * out
