"""Imports point one way, only backends/ imports an array library, and `import xnn` is cheap.

The floors are those of the design: a module imports modules of its own floor and of those below.
Imports inside functions count as well; those for type checkers only (`if TYPE_CHECKING`) do not.
"""

import ast
import pathlib
import sys

import pytest

import xnn
import xnn_backends
from tests.backends.processes import run

ROOTS = {
    "xnn": pathlib.Path(xnn.__file__).parent,
    "xnn_backends": pathlib.Path(xnn_backends.__file__).parent,
}
# From the ground up. A name stands for the module and all below it; "xnn" for xnn/__init__.py alone.
FLOORS = [
    {"xnn_backends"},
    {"xnn.errors", "xnn.backends", "xnn.checks", "xnn.cures", "xnn.dtypes", "xnn.typing"},
    {"xnn.autograd"},
    {"xnn.ops"},
    {
        "xnn",
        "xnn.array_methods",
        "xnn.array_object",
        "xnn.indexed_updates",
        "xnn.conversions",
        "xnn.einops_bridge",
        "xnn.arguments",
        "xnn.inspection",
        "xnn.protocols",
        "xnn.random",
        "xnn.linalg",
        "xnn.fft",
        "xnn.integrate",
        "xnn.special",
        "xnn.stats",
        "xnn.tree",
    },
    {"xnn.nn", "xnn.losses", "xnn.data", "xnn.metrics"},
    {"xnn.optim", "xnn.amp"},
    {"xnn.compiling"},
    {"xnn.train", "xnn.plot"},
    {"xnn.cli", "xnn.__main__"},
]
ARRAY_LIBRARIES = {
    *("numpy", "cupy", "cupyx", "cupy_backends", "torch", "numba", "jax", "scipy"),
    *("array_api_strict", "array_api_compat", "array_api_extra"),
}
# Bridges to a library that works on arrays of ours, which import it when they are called.
BRIDGES = {"xnn.optim.minimization": {"scipy"}}
# What `import xnn` must not bring with it.
HEAVY = (ARRAY_LIBRARIES - {"numpy"}) | {"matplotlib", "tqdm", "safetensors", "importlib.metadata", "argparse"}


def modules():
    """Each module's name and file."""
    for package, root in ROOTS.items():
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join([package, *parts]).removesuffix(".__init__"), path


def imports(source, module="m", is_package=False):
    """The names that a module's source imports, wherever, but not for type checkers only."""
    found, left = set(), [ast.parse(source)]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            left += node.orelse
            continue
        left += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if is_package else module.split(".")[:-1]
            package = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*package, *([node.module] if node.module else [])])
            found |= {f"{start}.{alias.name}" for alias in node.names}
    return found


def imported_modules(name, path):
    """The modules of ours that a module imports; `from a import b` means module a.b, or a where b is none."""
    known = {module for module, _ in modules()}
    for imported in imports(path.read_text(), name, path.name == "__init__.py"):
        if imported.partition(".")[0] in ROOTS:
            while imported not in known:
                imported = imported.rpartition(".")[0]
            yield imported


def floor(name):
    """The number of a module's floor."""
    if name == "xnn":
        return next(i for i, names in enumerate(FLOORS) if "xnn" in names)
    (number,) = (i for i, names in enumerate(FLOORS) if any((name + ".").startswith(n + ".") for n in names - {"xnn"}))
    return number


def upward(name, path):
    """The imports of a module that point to a higher floor."""
    return {imported for imported in imported_modules(name, path) if floor(imported) > floor(name)}


MODULES = dict(modules())


# ---- floors ----


def test_each_module_has_a_floor():
    assert len(MODULES) > 40
    for name in MODULES:
        assert floor(name) in range(len(FLOORS)), name


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name):
    assert not upward(name, MODULES[name])


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("xnn_backends")])
def test_backends_know_nothing_of_xnn(name):
    assert all(imported.startswith("xnn_backends") for imported in imported_modules(name, MODULES[name]))


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("xnn.autograd")])
def test_the_engine_knows_no_operation(name):
    assert not [imported for imported in imported_modules(name, MODULES[name]) if imported.startswith("xnn.ops")]


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("xnn.autograd.graph", "from xnn.ops import elementwise", {"xnn.ops.elementwise"}),
        ("xnn.autograd.graph", "def f():\n    import xnn.ops.linear as n", {"xnn.ops.linear"}),
        ("xnn.autograd.graph", "from ..nn.linear import Linear", {"xnn.nn.linear"}),
        ("xnn.autograd.graph", "import xnn as xp", {"xnn"}),
        ("xnn.nn.linear", "import xnn.cli, xnn.array_object\nfrom xnn import optim", {"xnn.cli", "xnn.optim"}),
        ("xnn.losses", "from .regression import mse_loss\nfrom ..optim import SGD", {"xnn.optim"}),
        ("xnn_backends.registry", "import xnn", {"xnn"}),
        ("xnn.ops.linear", "from xnn.autograd import Primitive\nfrom xnn_backends import Device", set()),
        ("xnn.fft", "if TYPE_CHECKING:\n    from xnn.optim import SGD\nelse:\n    import xnn.cli", {"xnn.cli"}),
    ],
)
def test_upward_imports_are_seen(tmp_path, name, source, expected):
    """The tests above can fail."""
    path = tmp_path / ("__init__.py" if name == "xnn.losses" else "module.py")
    path.write_text(source)
    assert upward(name, path) == expected


# ---- array libraries ----


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("xnn.") or name == "xnn"])
def test_only_backends_import_an_array_library(name):
    path = MODULES[name]
    imported = imports(path.read_text(), name, path.name == "__init__.py")
    assert {module.partition(".")[0] for module in imported} & ARRAY_LIBRARIES == BRIDGES.get(name, set())


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("def f():\n    import numpy.linalg", {"numpy.linalg"}),
        ("class A:\n    from cupy import cuda", {"cupy.cuda"}),
        ("try:\n    import torch as t\nexcept ImportError: pass", {"torch"}),
        ("if TYPE_CHECKING:\n    import numpy", set()),
        ("if typing.TYPE_CHECKING:\n    import numpy", set()),
        ("if x:\n    import numpy", {"numpy"}),
    ],
)
def test_array_libraries_are_seen(source, imported):
    assert imports(source) == imported


# ---- what an import costs ----


def brought(program):
    """The modules that a program brings with it, `numpy`'s own left out."""
    listed = "\nimport sys\nprint(*sys.modules)"
    (alone,) = run("import numpy" + listed)
    (with_it,) = run(program + listed)
    return set(with_it.split()) - set(alone.split())


def assert_light(modules):
    assert not {module for module in modules if module in HEAVY or module.partition(".")[0] in HEAVY}


def test_import_is_light():
    modules = brought("import xnn")
    assert "xnn.array_object" in modules
    assert_light(modules)
    # what is ours, and nothing of others' but the standard library
    assert {m.partition(".")[0] for m in modules} - sys.stdlib_module_names == {"xnn", "xnn_backends"}


def test_import_of_backends_is_light():
    modules = brought("import xnn_backends")
    assert_light(modules)
    assert not {module for module in modules if module.partition(".")[0] == "xnn"}


@pytest.mark.parametrize("library", ["tqdm", "safetensors", "array_api_compat", "importlib.metadata"])
def test_a_heavy_import_is_seen(library):
    """The test above can fail."""
    with pytest.raises(AssertionError):
        assert_light(brought(f"import xnn, {library}"))


def test_modules_of_backends_are_light():
    """Each may be imported without its array library: the registry loads all of them."""
    names = [name for name in MODULES if name.endswith("_backend")]
    assert len(names) == 4
    assert_light(brought("import " + ", ".join(names)))


@pytest.mark.parametrize("name", xnn._LAZY)
def test_packages_are_lazy(name):
    """A package is not loaded until it is first asked for."""
    loaded = f"print('xnn.{name}' in sys.modules)"
    program = f"import sys, xnn\n{loaded}\nxnn.{name}\n{loaded}\nimport xnn.{name} as found\nprint(found is xnn.{name})"
    assert run(program) == ["False", "True", "True"]
