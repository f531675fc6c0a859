"""Names that newcomers try: missing as ever, with an error that says code that works."""

import copy
import importlib
import inspect
import io
import pickle
import pydoc
import subprocess
import sys
import types

import numpy as np
import pytest

import xnn
from xnn import nn, optim
from xnn.cures import CURES, offer_attributes
from xnn_backends import use_device

MODULES = [owner for owner in CURES if owner.startswith("xnn")]
KINDS = {
    "Array": xnn.Array, "Module": nn.Module, "Optimizer": optim.Optimizer, "Metric": xnn.metrics.Metric,
    "LRScheduler": optim.lr_scheduler.LRScheduler, "Generator": xnn.random.Generator, "Dataset": xnn.data.Dataset,
}  # fmt: skip


def environment(x):
    """What the cures speak of, around one array `x`."""
    model = nn.Sequential(nn.Linear(4, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    data = xnn.data.Dataset(xnn.ones((5, 4)), xnn.asarray([0, 1, 2, 0, 1]))
    scores, classes = xnn.asarray([[0.1, 0.9, 0.0], [0.8, 0.1, 0.1]]), xnn.asarray([1, 0])
    metric = xnn.metrics.Accuracy()
    metric.update(scores, classes)
    xnn.mean(model(data.inputs)).backward()
    loss = xnn.mean(model(data.inputs))
    return {
        "xnn": xnn, "x": x, "y": xnn.asarray(x, copy=True), "obj": [1.0, 2.0], "shape": (4,), "axes": (1, 0), "axis": 0,
        "dtype": xnn.float32, "device": "cpu", "arrays": [xnn.ones((2, 2)), xnn.ones((2, 2))], "k": 1, "n": 2, "m": 3,
        "kernel_size": 3, "padding": 1, "low": 0.0, "high": 1.0, "index": xnn.asarray([0]), "value": 1.0, "p": 0.5,
        "indices": xnn.zeros(x.shape, dtype=xnn.int64), "mask": xnn.ones(x.shape, dtype=xnn.bool), "lr": 0.1,
        "model": model, "optimizer": optimizer, "loss": loss, "data": data, "inputs": data.inputs,
        "labels": data.labels, "metric": metric, "scores": scores, "classes": classes,
        "w": nn.Parameter(xnn.ones((2, 2))),
        "layer": nn.Linear(2, 2), "schedule": optim.lr_scheduler.StepLR(0.1, 2), "generator": xnn.random.Generator(1),
        "seed": 1, "state": {"seed": 1, "block": 0}, "max_norm": 1.0, "batch_size": 2, "f": xnn.sqrt,
        "loss_function": xnn.losses.cross_entropy, "numpy": np, "file": saved(),
    }  # fmt: skip


def saved():
    file = io.BytesIO()
    np.save(file, np.ones(2))
    file.seek(0)
    return file


def samples():
    found = [[[0.5, 0.25], [0.25, 0.5]], [[1, 2], [3, 4]], [True, False], [0.5, 0.5], [0.5], [1.5, 2.0], [1j]]
    return [xnn.asarray(x) for x in found]


def failure(cure):
    """None if a cure runs with one of the samples, otherwise the errors."""
    errors = []
    for x in samples():
        try:
            exec(compile(cure.replace('"cuda"', '"cpu"'), cure, "exec"), environment(x))
        except Exception as error:  # what it is, the assertion shows
            errors.append(repr(error))
        else:
            return None
    return errors


def entries():
    return [(owner, name) for owner, cures in CURES.items() for name in cures]


@pytest.mark.parametrize("owner", CURES)
def test_cures_run(owner):
    with use_device("numpy:cpu"):
        failed = {
            cure: why
            for cure in dict.fromkeys(CURES[owner].values())
            if "bfloat16" not in cure and (why := failure(cure))
        }
    assert failed == {}


def test_a_wrong_cure_fails():
    with use_device("numpy:cpu"):
        assert failure("xnn.nonsense(x)")
        assert failure("x @ y") is None


def test_there_are_many():
    assert len(entries()) > 400


@pytest.mark.parametrize("module", MODULES)
def test_names_of_modules(module):
    found = importlib.import_module(module)
    for name, cure in CURES[module].items():
        assert name not in found.__all__
        assert not hasattr(found, name), name
        with pytest.raises(AttributeError) as error:
            getattr(found, name)
        assert str(error.value) == f"module {module!r} has no attribute {name!r}. Cure: {cure}"


@pytest.mark.parametrize("owner", KINDS)
def test_names_of_classes(owner):
    kind = KINDS[owner]
    with use_device("numpy:cpu"):
        environ = environment(samples()[0])
        x = next(value for value in environ.values() if isinstance(value, kind))
        for name, cure in CURES[owner].items():
            if owner == "Module" and name == "add":
                continue
            assert not hasattr(x, name), name
            assert not hasattr(kind, name), name
            assert name not in dir(x)
            with pytest.raises(AttributeError) as error:
                getattr(x, name)
            assert str(error.value) == f"{type(x).__name__!r} object has no attribute {name!r}. Cure: {cure}"


def test_every_class_is_listed():
    assert set(KINDS) | set(MODULES) == set(CURES)


@pytest.mark.parametrize(
    ("module", "name", "cure"),
    [
        ("xnn", "tensor", "xnn.asarray(obj)"),
        ("xnn", "cat", "xnn.concat(arrays, axis=axis)"),
        ("xnn.nn", "Dense", "xnn.nn.Linear(None, m)  # None: the first input says it"),
        ("xnn.random", "set_seed", "xnn.random.manual_seed(seed)"),
    ],
)
def test_import_from(module, name, cure):
    """Python puts an ImportError of its own in the place of an AttributeError."""
    with pytest.raises(ImportError) as error:
        exec(f"from {module} import {name}", {})
    assert str(error.value) == f"cannot import name {name!r} from {module!r}. Cure: {cure}"
    with pytest.raises(ImportError, match=r"^cannot import name 'nonsense' from 'xnn'"):
        exec("from xnn import nonsense", {})


@pytest.mark.parametrize(
    ("code", "near"),
    [("xnn.tensor", False), ("xnn.ones(1).half", False), ("xnn.concatt", True), ("xnn.nn.Liner", True)],
)
def test_did_you_mean(code, near):
    """Python's own, for names without a cure that are near to one of ours."""
    found = subprocess.run([sys.executable, "-c", f"import xnn, xnn.nn\n{code}"], capture_output=True, text=True)
    assert "AttributeError: " in found.stderr
    assert ("Did you mean" in found.stderr) is near


def test_a_mixin_has_the_name():
    class Gathering:
        def gather(self):
            return "mixin"

    class Mixed(xnn.Array, Gathering):
        __slots__ = ()

    class Trained(nn.Module, Gathering):
        def fit(self):
            return "own"

    with use_device("numpy:cpu"):
        raw = xnn.ones((2,))
        assert Mixed(raw._data, raw._device).gather() == "mixin"
        assert Trained().fit() == "own"
        assert Trained().gather() == "mixin"


@pytest.mark.parametrize("name", ["_repr_svg_", "__array_interface__", "_ipython_canary_method_should_not_exist_"])
def test_probes(name):
    with use_device("numpy:cpu"):
        found = environment(samples()[0])
        for key in ("x", "model", "optimizer", "schedule", "metric", "data", "generator"):
            with pytest.raises(AttributeError, match=f"has no attribute '{name}'$"):
                getattr(found[key], name)
            assert name not in dir(found[key])
    for module in MODULES:
        with pytest.raises(AttributeError, match=f"^module '{module}' has no attribute '{name}'$"):
            getattr(importlib.import_module(module), name)


def test_copies_and_help():
    with use_device("numpy:cpu"):
        found = environment(samples()[0])
        assert copy.deepcopy(found["x"]).tolist() == pickle.loads(pickle.dumps(found["x"])).tolist()
        assert isinstance(copy.copy(found["model"]), nn.Sequential)
        assert isinstance(pickle.loads(pickle.dumps(found["schedule"])), optim.lr_scheduler.StepLR)
        assert inspect.getmembers(optim.lr_scheduler.StepLR)
    for kind in KINDS.values():
        assert kind.__name__ in pydoc.render_doc(kind)
    assert isinstance(xnn, types.ModuleType)


def test_a_cure_hides_no_attribute_that_a_class_has():
    class Dataset:
        def map(self): ...

    with pytest.raises(TypeError, match=r"^Dataset has map, which its table of cures would hide$"):
        offer_attributes(Dataset)
