"""What public signatures leave open: at most one annotation in twenty is Any, and each has its reason here."""

import fnmatch
import importlib
import inspect
import re
import types
from typing import Any

import pytest

from tests.test_public import PACKAGES

# Patterns of what is Any, and why nothing narrower is true.
REASONS = {
    "*.Module.forward*": "each network has its own arguments and result, and its call has the signature of its forward",
    "*.Module.__call__*": "of a module whose class says nothing of forward",
    "*.AveragedModel.forward*": "those of the module that is averaged",
    "xnn.backends.Backend.*": "arrays, data types and memory of the library, which is not imported for its types",
    "xnn.backends.Device.__init__(raw)": "the library's own device",
    "xnn.backends.Namespace.__init__(overrides)": "names of a namespace: functions, constants, data types",
    "xnn.autograd.unbroadcast*": "for rules, which run on raw arrays, on Arrays, and on None",
    "xnn.tree.*": "a pytree is any nesting of containers, and a leaf any object",
    "xnn.optim.minimize*": "a pytree, and what SciPy takes and gives, which is not imported for its types",
    "xnn.optim.*.rule(xp)": "a library's namespace has no types",
    "xnn.optim.perceptron_update(xp)": "a library's namespace has no types",
    "xnn.optim.Optimizer.__init__(options)": "the options of a subclass, which names and types them",
}


def own_functions(name, value):
    """A public function, or the public methods and properties of a class, with their names."""
    if not inspect.isclass(value):
        yield name, value
        return
    for member, method in vars(value).items():
        if not member.startswith("_") or member in ("__init__", "__call__"):
            method = method.fget if isinstance(method, property) else getattr(method, "__func__", method)
            if callable(method) and not inspect.isclass(method):
                yield f"{name}.{member}", method


def annotations(name, function):
    """Each parameter's and the result's annotation, as it is written."""
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.name not in ("self", "cls"):
            yield f"{name}({parameter.name})", parameter.annotation
    if not name.endswith(".__init__"):
        yield f"{name}()", signature.return_annotation


def is_open(annotation):
    """Whether it is Any, or may be, or is missing."""
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return annotation is inspect.Parameter.empty or "Any" in re.sub(r"\[.*\]", "", text).split(" | ")


def public_annotations():
    seen = set()
    for package in set(PACKAGES) - {"xnn.typing"}:  # whose aliases are no functions
        module = importlib.import_module(package)
        for public in module.__all__:
            value = getattr(module, public)
            if callable(value) and not isinstance(value, types.ModuleType) and id(value) not in seen:
                seen.add(id(value))
                for name, function in own_functions(f"{package}.{public}", value):
                    if _has_signature(function):
                        yield from annotations(name, function)


def _has_signature(function):
    try:
        inspect.signature(function)
    except (TypeError, ValueError):  # of aliases of types
        return False
    return True


FOUND = dict(public_annotations())
OPEN = [name for name, annotation in FOUND.items() if is_open(annotation)]


def test_share():
    assert len(FOUND) > 3000
    assert len(OPEN) <= 0.05 * len(FOUND), f"{len(OPEN)} of {len(FOUND)}"


def test_each_has_its_reason():
    without = [name for name in OPEN if not any(fnmatch.fnmatchcase(name, pattern) for pattern in REASONS)]
    assert not without


def test_each_reason_is_needed():
    unused = [pattern for pattern in REASONS if not fnmatch.filter(OPEN, pattern)]
    assert not unused


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [("Any", True), (Any, True), ("Any | None", True), ("dict[str, Any]", False), ("Array", False), (int, False),
     (inspect.Parameter.empty, True)],
)  # fmt: skip
def test_what_is_open(annotation, expected):
    assert is_open(annotation) is expected


def test_what_is_counted():
    class Thing:
        def __init__(self, size: Any) -> None: ...

        def grow(self, by: int): ...

        @property
        def size(self) -> Any: ...

        def _private(self, x): ...

    found = {name: is_open(a) for n, f in own_functions("Thing", Thing) for name, a in annotations(n, f)}
    assert found == {
        "Thing.__init__(size)": True, "Thing.grow(by)": False, "Thing.grow()": True, "Thing.size()": True,
    }  # fmt: skip
