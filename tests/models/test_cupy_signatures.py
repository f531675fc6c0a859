"""Every call that training makes into a namespace fits the signature of CuPy's function of that name."""

import inspect

import pytest

from tests.models.digits import losses_of
from xnn.backends import get_backend
from xnn.train.models import MODELS

BEYOND = {"getitem", "setitem", "scatter_add", "device"}  # ours, on every backend

cupy = pytest.importorskip("array_api_compat.cupy", reason="CuPy is not installed")


class Recorder:
    """A namespace that remembers how its functions are called."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.calls = set()

    def __getattr__(self, name):
        value = getattr(self.namespace, name)
        if not callable(value) or isinstance(value, type) or name in BEYOND:
            return value

        def call(*args, **kwargs):
            self.calls.add((name, len(args), tuple(sorted(kwargs))))
            return value(*args, **kwargs)

        return call


def assert_binds(name, count, keywords):
    function = getattr(cupy, name)
    if isinstance(function, cupy.ufunc):
        assert (count, keywords) == (function.nin, ()), f"{name} takes {function.nin} arrays"
    else:
        inspect.signature(function).bind(*range(count), **dict.fromkeys(keywords))


@pytest.mark.parametrize("model", MODELS)
def test_calls_fit(model, monkeypatch):
    backend = get_backend("strict")  # which has no kernels of its own: every call is the standard's
    recorder = Recorder(backend.xp)
    monkeypatch.setitem(vars(backend), "xp", recorder)
    losses_of(model, "strict:CPU_DEVICE", "float32", epochs=1)
    assert len(recorder.calls) > 10
    for call in recorder.calls:
        assert_binds(*call)


def test_a_call_that_does_not_fit_is_found():
    with pytest.raises(TypeError, match="unexpected keyword"):
        assert_binds("sum", 1, ("dimension",))
    with pytest.raises(AssertionError, match="takes 2 arrays"):
        assert_binds("add", 3, ())
