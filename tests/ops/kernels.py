"""A kernel against the definition of its primitive: value, first derivative with every mask, second derivative."""

import itertools

import xnn as xp
from tests.ops.compare import arrays_on, cotangent
from tests.ops.table import primitives
from tests.tolerances import assert_close
from xnn.autograd import Primitive


def definition_of(primitive):
    """The same primitive without any kernel."""
    plain = Primitive(
        primitive.forward,
        rules=primitive.rules,
        joint=primitive.joint,
        promote=primitive.promote,
        is_fused=primitive.definition is not None,
    )
    plain.keeps_out, plain.kept = primitive.keeps_out, primitive.kept
    plain.kernel_for = lambda backend: None
    return plain


def assert_kernel_keeps_the_definition(name, raws, static, device):
    """Assert that the primitive `name`, with its kernel, gives what its definition gives."""
    primitive = primitives()[name]
    definition = definition_of(primitive)
    raw_value = primitive(*(x._data for x in arrays_on(device, raws)), **static)
    floats = [r.dtype.kind == "f" for r in raws]
    masks = [m for m in itertools.product((True, False), repeat=len(raws)) if any(m)]
    for mask in masks:
        wanted = [m and f for m, f in zip(mask, floats, strict=True)]
        if not any(wanted):
            continue
        pairs = [_value_and_gradients(p, raws, wanted, static, device) for p in (primitive, definition)]
        (value, first, second), (expected_value, expected_first, expected_second) = pairs
        assert_close(value, expected_value)
        assert_close(device.backend.to_numpy(raw_value), expected_value)
        for came, expected in zip(first + second, expected_first + expected_second, strict=True):
            assert (came is None) == (expected is None)
            if came is not None:
                assert came.dtype == expected.dtype
                assert_close(came, expected)


def _value_and_gradients(primitive, raws, wanted, static, device):
    arrays = [xp.asarray(r, device=device, requires_grad=w) for r, w in zip(raws, wanted, strict=True)]
    leaves = [x for x in arrays if x.requires_grad]
    value = primitive(*arrays, **static)
    g = xp.asarray(cotangent(value.detach().numpy()), device=device)
    value.backward(g, retain_graph=True)
    first = [x.grad.numpy() for x in leaves]
    for x in leaves:
        x.grad = None
    xp.sum(value * value * g).backward(create_graph=True)
    slopes = [x.grad for x in leaves]
    for x in leaves:
        x.grad = None
    total = sum((xp.sum(s * s) for s in slopes), xp.zeros((), dtype=value.dtype, device=device))
    second = []
    if total.requires_grad:
        total.backward()
        second = [None if x.grad is None else x.grad.detach().numpy() for x in leaves]
    return value.detach().numpy(), first, second
