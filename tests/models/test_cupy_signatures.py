"""Every call that is made into a namespace fits the signature of CuPy's function of that name."""

import inspect
import operator

import pytest

import xnn as xp
from tests import optional
from tests.models.digits import losses_of
from tests.ops.table import ROWS, operands
from xnn.backends import get_backend
from xnn.train.models import MODELS

BEYOND = {"add_at_slices", "device", "getitem", "scatter_add", "setitem"}  # ours, on every backend

cupy = optional.module("array_api_compat.cupy", need="cupy")


class Recorder:
    """A namespace that remembers how its functions are called."""

    def __init__(self, namespace, prefix="", calls=None):
        self.namespace = namespace
        self.prefix = prefix
        self.calls = set() if calls is None else calls

    def __getattr__(self, name):
        value = getattr(self.namespace, name)
        if name in ("linalg", "fft") and not self.prefix:
            return Recorder(value, f"{name}.", self.calls)
        if not callable(value) or isinstance(value, type) or name in BEYOND:
            return value

        def call(*args, **kwargs):
            self.calls.add((self.prefix + name, len(args), tuple(sorted(kwargs))))
            return value(*args, **kwargs)

        return call


def assert_binds(name, count, keywords):
    function = operator.attrgetter(name)(cupy)
    if isinstance(function, cupy.ufunc):
        assert (count, keywords) == (function.nin, ()), f"{name} takes {function.nin} arrays"
    else:
        inspect.signature(function).bind(*range(count), **dict.fromkeys(keywords))


@pytest.fixture
def recorder(monkeypatch):
    backend = get_backend("strict")  # which has no kernels of its own: every call is the standard's
    recorder = Recorder(backend.xp)
    monkeypatch.setitem(vars(backend), "xp", recorder)
    return recorder


def assert_all_bind(recorder, least):
    assert len(recorder.calls) >= least
    for call in recorder.calls:
        assert_binds(*call)


@pytest.mark.parametrize("model", MODELS)
def test_calls_of_training_fit(model, recorder):
    losses_of(model, "strict:CPU_DEVICE", "float32", epochs=1)
    assert_all_bind(recorder, least=10)


def test_calls_of_every_primitive_and_rule_fit(recorder):
    for row in ROWS:
        raws = operands(row, row.dtypes[0])
        arrays = [xp.asarray(r, device="strict:CPU_DEVICE", requires_grad=r.dtype.kind in "fc") for r in raws]
        out = row.call(xp, *arrays)
        if out.requires_grad:
            xp.sum(xp.abs(out)).backward()
    assert_all_bind(recorder, least=60)


def test_a_call_that_does_not_fit_is_found():
    with pytest.raises(TypeError, match="unexpected keyword"):
        assert_binds("sum", 1, ("dimension",))
    with pytest.raises(AssertionError, match="takes 2 arrays"):
        assert_binds("add", 3, ())
