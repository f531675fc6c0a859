"""The public surface: each name that is declared exists and says what it is; examples run; errors are one tree."""

import builtins
import doctest
import importlib
import importlib.metadata
import inspect
import pickle
import pkgutil
import re
import types
import warnings

import pytest

import xnn
import xnn_backends
from tests.backends.processes import run
from xnn.errors import XnnError
from xnn.ops.later import LATER
from xnn_backends import Unusable, use_device

# They do something when they are imported.
PROGRAMS = {"xnn.__main__"}
# Modules, and packages of modules, that need a library which may be missing.
NEEDS = {
    **{f"xnn_backends.cupy_{part}": "cupy" for part in ("kernels", "linalg")},
    **{f"xnn_backends.torch_{part}": "torch" for part in ("functions", "indexing", "linalg")},
    "xnn_backends.fast.loops": "numba",
}


def module_names():
    """All modules of the library."""
    names = []
    for package in (xnn, xnn_backends):
        names.append(package.__name__)
        names += [found.name for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
    return [name for name in names if name not in PROGRAMS]


def needed_by(name):
    """The library that a module needs beyond NumPy, or None."""
    return next((library for where, library in NEEDS.items() if f"{name}.".startswith(f"{where}.")), None)


def load(name):
    if needed := needed_by(name):
        pytest.importorskip(needed, reason=f"{name} needs {needed}")
    return importlib.import_module(name)


def declared():
    """Each public name: the module that declares it, and the name."""
    for name in module_names():
        if needed_by(name) is None:
            for public in getattr(importlib.import_module(name), "__all__", ()):
                yield name, public


def undocumented(value):
    """Whether a value says nothing about itself; data needs no docstring."""
    if isinstance(value, types.ModuleType | type) or callable(value):
        own = vars(value).get("__doc__") if isinstance(value, type) else getattr(value, "__doc__", None)
        return not (own or "").strip() or (own or "").startswith(f"{getattr(value, '__name__', '')}(")
    return False


MODULES = module_names()
PUBLIC = list(declared())


# ---- names ----


def test_all_modules_are_found():
    assert len(MODULES) > 40
    assert {"xnn.nn.linear", "xnn.ops.elementwise", "xnn_backends.registry"} <= set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    module = load(name)
    assert module.__doc__, f"{name} has no docstring"
    assert module.__doc__.splitlines()[0].endswith((".", ":")), f"{name}: the first line is a sentence"


def test_what_is_loaded_later_is_what_its_chapter_has():
    for chapter, names in LATER.items():
        module = importlib.import_module(f"xnn.ops.{chapter}")
        assert sorted(names) == sorted(module.__all__), chapter
    source = inspect.getsource(xnn).partition("TYPE_CHECKING:")[2].partition("__all__")[0]
    assert set(re.findall(r"from \.ops\.(\w+) import", source)) == LATER.keys()


def test_names_are_declared_once():
    assert len(PUBLIC) == len(set(PUBLIC)) > 200


@pytest.mark.parametrize(("module", "name"), PUBLIC, ids=lambda x: x)
def test_public_name(module, name):
    assert not name.startswith("_") or name.startswith("__")
    value = getattr(importlib.import_module(module), name)
    if module == "xnn.typing" and not isinstance(value, type):  # an alias, which can have no docstring
        assert re.search(rf"^(.*[,.] )?{name}[:,]", importlib.import_module(module).__doc__, re.MULTILINE), name
        return
    assert not undocumented(value), f"{module}.{name} has no docstring"


def public_members():
    """The public methods and properties of the classes that are declared."""
    seen = {}
    for module, name in PUBLIC:
        value = getattr(importlib.import_module(module), name)
        if isinstance(value, type) and value.__module__.partition(".")[0] in ("xnn", "xnn_backends"):
            seen[f"{value.__module__}.{value.__qualname__}"] = value
    for where, kind in seen.items():
        for member, value in vars(kind).items():
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                yield f"{where}.{member}", kind, member


@pytest.mark.parametrize(("kind", "member"), [pytest.param(k, m, id=name) for name, k, m in public_members()])
def test_public_member(kind, member):
    """Its own docstring, or that of the method of a base that it implements."""
    assert inspect.getdoc(getattr(kind, member)), f"{kind.__qualname__}.{member} has no docstring"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda x: x, True),
        (type("A", (Exception,), {}), True),
        (type("A", (), {"__doc__": "A thing."}), False),
        (types.ModuleType("m"), True),
        (types.ModuleType("m", "A module."), False),
        (3.14, False),
    ],
)
def test_undocumented_names_are_seen(value, expected):
    """The tests above can fail."""
    assert undocumented(value) is expected


# ---- shapes ----

SHAPED = [
    "xnn", "xnn.amp", "xnn.data", "xnn.losses", "xnn.metrics", "xnn.nn", "xnn.nn.functional", "xnn.nn.init",
    "xnn.nn.parametrizations", "xnn.optim", "xnn.optim.lr_scheduler", "xnn.optim.swa_utils", "xnn.random", "xnn.train",
]  # fmt: skip
# "shape" in words, or a shape in the manner of (N, C, H, W), (n,), (), (..., k).
SHAPE = re.compile(r"shape|(?<!\w)\(((\w+|\.\.\.),(\s(\w+|\.\.\.),?)*)?\)", re.IGNORECASE)
# Names whose arguments and results have no shape to speak of.
SHAPELESS = {
    "settings": "default_generator get_default_device get_default_dtype manual_seed set_default_device "
    "set_default_dtype use_device",
    "modes of the graph": "enable_grad no_grad",
    "data types": "DType isdtype",
    "errors": "DeviceError XnnError",
    "waits": "synchronize",
    "machinery: takes functions": "Primitive check_gradients",
    "keep arrays as they are": "Module",
    "a run's record": "Run",
}


def shapeless(value):
    """Whether a function or class says nothing of shapes; a class may say it at its method `forward`."""
    texts = [value.__doc__, getattr(value, "forward", None).__doc__ if isinstance(value, type) else None]
    return not any(SHAPE.search(text or "") for text in texts)


def shaped():
    """The public functions and classes of these packages, whose docstrings should give shapes."""
    excused = set(" ".join(SHAPELESS.values()).split())
    for package in SHAPED:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value) and not isinstance(value, types.ModuleType) and name not in excused:
                yield pytest.param(value, id=f"{package}.{name}")


@pytest.mark.parametrize("value", list(shaped()))
def test_docstring_gives_shapes(value):
    assert not shapeless(value), f"{value.__name__}: its docstring gives no shape"


def test_excused_names_exist():
    names = {name for package in SHAPED for name in importlib.import_module(package).__all__}
    excused = " ".join(SHAPELESS.values()).split()
    assert set(excused) <= names
    assert len(excused) == len(set(excused)) < 25


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, True),
        ("x1 + x2.", True),
        ("sum(x, axis) of f(), or (as it were) less.", True),
        ("Shapes: x1 and x2 broadcast.", False),
        ("Images (N, C, H, W).", False),
        ("Labels (n,) become a loss.", False),
        ("Of (..., n, k) and more.", False),
        ("The mean, ().", False),
    ],
)
def test_docstrings_without_shapes_are_seen(text, expected):
    """The test above can fail."""

    def function():
        pass

    function.__doc__ = text
    assert shapeless(function) is expected
    assert shapeless(type("A", (), {"__doc__": text})) is expected


# ---- the namespace ----


PACKAGES = (
    "xnn", "xnn.amp", "xnn.autograd", "xnn.backends", "xnn.data", "xnn.errors", "xnn.fft", "xnn.integrate",
    "xnn.linalg", "xnn.losses", "xnn.metrics", "xnn.nn", "xnn.nn.functional", "xnn.nn.init",
    "xnn.nn.parametrizations", "xnn.ops", "xnn.optim", "xnn.optim.lr_scheduler", "xnn.optim.swa_utils",
    "xnn.random", "xnn.special", "xnn.stats", "xnn.train", "xnn.tree", "xnn.typing",
)  # fmt: skip
# They define their names in place, with what they import for it; the others collect names, and hold nothing else.
WITH_CODE = {"xnn.integrate", "xnn.nn.parametrizations", "xnn.optim.swa_utils", "xnn.random", "xnn.typing"}


@pytest.mark.parametrize("name", [name for name in PACKAGES if name not in WITH_CODE])
def test_a_package_holds_nothing_else(name):
    """A name without an underscore is declared, or a module of the package that an import left there."""
    package = importlib.import_module(name)
    left = {found: value for found, value in vars(package).items() if found[0] != "_"}
    assert not {
        found for found in left.keys() - package.__all__ if getattr(left[found], "__name__", "") != f"{name}.{found}"
    }


@pytest.mark.parametrize("name", PACKAGES)
def test_dir(name):
    module = importlib.import_module(name)
    assert {found for found in dir(module) if not found.startswith("__")} == set(module.__all__)


def test_every_public_package_is_listed():
    """Modules that are names of a public package are listed; xnn.ops's are chapters, xnn.train's are programs."""
    found = set()
    for name in set(PACKAGES) - {"xnn.ops", "xnn.train"}:
        values = [getattr(importlib.import_module(name), public) for public in importlib.import_module(name).__all__]
        found |= {value.__name__ for value in values if isinstance(value, types.ModuleType)}
    assert found <= set(PACKAGES)


def test_dir_loads_nothing():
    program = "import sys, xnn\ndir(xnn)\nprint([name for name in xnn._LAZY if 'xnn.' + name in sys.modules])"
    assert run(program) == ["[]"]


@pytest.mark.parametrize("name", ["nonsense", "numpy", "__nothing__"])
def test_what_is_not_there(name):
    with pytest.raises(AttributeError, match=f"^module 'xnn' has no attribute '{name}'$"):
        getattr(xnn, name)


def test_builtins_are_not_lost():
    """The namespace has names of builtins; its own code must mean the right ones."""
    shadowed = {name for name in xnn.__all__ if hasattr(builtins, name)}
    assert {"abs", "all", "any", "bool", "max", "min", "pow", "sum"} <= shadowed
    for name in xnn._LAZY:
        assert getattr(xnn, name) is importlib.import_module(f"xnn.{name}")
    assert not shadowed & set(dir(types.ModuleType("m")))


def test_namespace_of_the_standard():
    """array-api-compat distinguishes namespaces by hash and name."""
    assert xnn.__name__ == "xnn"
    assert hash(xnn) == hash(importlib.import_module("xnn"))
    assert xnn.ones(1, device="cpu").__array_namespace__() is xnn


def test_version():
    try:
        installed = importlib.metadata.version("xnn-array")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("xnn-array is not installed: tests run from a checkout")
    assert xnn.__version__ == installed


# ---- errors ----


def exceptions():
    """Every exception class of the library, also those that are not declared."""
    for name in MODULES:
        if needed_by(name) is None:
            for value in vars(importlib.import_module(name)).values():
                ours = str(getattr(value, "__module__", "")).partition(".")[0] in ("xnn", "xnn_backends")
                if ours and isinstance(value, type) and issubclass(value, BaseException):
                    yield value


EXCEPTIONS = sorted(set(exceptions()), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", [k for k in EXCEPTIONS if k not in (XnnError, Unusable)], ids=lambda k: k.__name__)
def test_exception(kind):
    """It is in the tree, declared in xnn.errors, a built-in kind, documented, and pickled for other processes."""
    assert issubclass(kind, XnnError)
    assert getattr(xnn.errors, kind.__name__) is kind
    assert kind.__name__ in xnn.errors.__all__
    built_in = [base for base in kind.__mro__ if base.__module__ == "builtins"]
    assert set(built_in) - {Exception, BaseException, object}
    assert not undocumented(kind)
    error = pickle.loads(pickle.dumps(kind("the rule, what came, the cure")))
    assert type(error) is kind
    assert str(error) == "the rule, what came, the cure"


def test_errors_are_all_there():
    assert {kind.__name__ for kind in EXCEPTIONS} - {"Unusable"} == set(xnn.errors.__all__)
    assert xnn.XnnError is XnnError
    assert xnn.DeviceError is xnn.errors.DeviceError


def test_unusable_is_one_line():
    why = Unusable("two\nlines", "one \n\n cure")
    assert (why.reason, why.cure) == ("two lines", "one cure")


# ---- examples ----


def examples(name):
    return doctest.DocTestFinder(exclude_empty=True).find(load(name), name)


def assert_examples_run(tests):
    """Each example gives what it says, on the CPU, without a warning."""
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    said = []
    with use_device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for test in tests:
            runner.run(test, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert_examples_run(examples(name))


def test_examples_are_found():
    assert sum(len(test.examples) for name in MODULES if needed_by(name) is None for test in examples(name)) > 50


def test_a_wrong_example_fails(capsys):
    parser = doctest.DocTestParser()
    right = parser.get_doctest(">>> 1 + 1\n2\n", {}, "right", None, 0)
    wrong = parser.get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert_examples_run([right])
    with pytest.raises(AssertionError, match="Expected:"):
        assert_examples_run([wrong])
    assert "wrong" in capsys.readouterr().out
