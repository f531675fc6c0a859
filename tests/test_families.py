"""One family of operations of networks, one file name in every package; and no module hidden by a name of its package.

`FAMILY.py` has the primitives (xnn/ops), their kernels (numpy_kernels, fast, fast/loops, cupy_kernels), their rows
(tests/ops/rows, tests/ops/kernel_rows), and the layers or losses that call them (xnn/nn, xnn/losses, and their rows);
`_FAMILY.py` has the functions of xnn.nn.functional, some of which have the name of a family (`functional.linear`).

Outside of networks, the special functions are in several chapters of xnn.ops, and their kernels and rows in `special`.
The rules of optimizers are no primitives: they are in xnn/optim, one file each, and their kernels in `updates`.
"""

import ast
import functools
import importlib
import pathlib
import pkgutil
import types

import pytest

import xnn
from tests.ops import kernel_rows
from tests.ops import table as ops_table
from xnn import ops
from xnn.autograd import Primitive
from xnn_backends import fast, numpy_kernels

ROOT = pathlib.Path(__file__).parent.parent
KERNELS = ROOT / "backends" / "xnn_backends"


# ---- a primitive and what belongs to it ----


def primitives_by_chapter():
    """The chapter of each primitive, by its name; "special" for all chapters of the special functions."""
    found = {}
    for name in ops.EXTENSIONS:
        for chapter in ops.extension(name):
            found[chapter.__name__] = "special" if name == "special" else chapter.__name__.rpartition(".")[2]
    for chapter in ops.CHAPTERS:
        found[chapter.__name__] = chapter.__name__.rpartition(".")[2]
    chapters = {}
    for module, family in found.items():
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, Primitive) and value.__module__ == module:
                chapters[value.name] = family
    return chapters


def keys_of(source):
    """The names that a chapter of kernels gives: keys of its dictionaries, and what stands in its tuples of names."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        is_tuple = isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
        parts = node.keys if isinstance(node, ast.Dict) else node.value.elts if is_tuple else ()
        names |= {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return names


def chapters_of_kernels():
    """For each package the chapters and what they have kernels for; CuPy's are read, not imported."""
    for package in (numpy_kernels, fast):
        for chapter in package.CHAPTERS:
            yield package.__name__, chapter.__name__.rpartition(".")[2], set(chapter.kernels())
    for path in sorted((KERNELS / "cupy_kernels").glob("*.py")):
        if path.stem not in ("__init__", "updates") and "def kernels()" in path.read_text():
            yield "xnn_backends.cupy_kernels", path.stem, keys_of(path.read_text())


PRIMITIVES = primitives_by_chapter()
NETWORKS = {name for chapter in ops.EXTENSIONS["neural"] for name, family in PRIMITIVES.items() if family == chapter}
PLACES = [
    (name, package, chapter)
    for package, chapter, names in chapters_of_kernels()
    for name in sorted(names & PRIMITIVES.keys())
]


@pytest.mark.parametrize(("name", "package", "chapter"), PLACES, ids=[f"{p}-{n}" for n, p, _ in PLACES])
def test_a_kernel_is_in_the_file_of_its_family(name, package, chapter):
    assert chapter == PRIMITIVES[name], f"{package}.{chapter} has the kernel of {name}, of xnn.ops.{PRIMITIVES[name]}"


def test_each_package_has_kernels():
    """That reading finds all: a few known ones, and that most primitives of cupy_kernels are found."""
    of_cupy = {name for name, package, _ in PLACES if package.endswith("cupy_kernels")}
    assert {"relu", "sigmoid", "tanh", "erf", "conv", "labels_fit", "masked_softmax"} <= of_cupy
    assert len(of_cupy) > 50
    assert keys_of("def kernels():\n    return {'linear': 1}\nNAMES = ('relu', 'elu')") == {"linear", "relu", "elu"}


@pytest.mark.parametrize("name", sorted({name for name, _, _ in PLACES}))
def test_calls_of_a_kernel_are_in_the_file_of_its_family(name):
    found = {
        chapter.name
        for chapter in pkgutil.iter_modules(kernel_rows.__path__)
        if name in getattr(importlib.import_module(f"{kernel_rows.__name__}.{chapter.name}"), "CALLS", {})
    }
    assert found == {PRIMITIVES[name]}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_rows_of_a_primitive_are_in_the_file_of_its_family(name):
    chapters = [chapter for chapter in ops_table.CHAPTERS if any(row.name == name for row in chapter.ROWS)]
    assert [chapter.__name__.rpartition(".")[2] for chapter in chapters] == [PRIMITIVES[name]]


@pytest.mark.parametrize("path", sorted((KERNELS / "fast" / "loops").glob("*.py")), ids=lambda path: path.stem)
def test_loops_are_in_the_file_of_a_chapter_of_kernels(path):
    shared = ("__init__", "exponentials", "kept")  # of several families
    assert path.stem in shared or (path.parent.parent / path.name).exists()


# ---- who calls it ----


@functools.cache
def calls_of(path):
    """(Family, primitive) of what a file calls of the families of networks."""
    tree, modules, found = ast.parse(path.read_text()), {}, set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("xnn.ops"):
            continue
        for alias in node.names:
            if node.module == "xnn.ops":
                modules[alias.asname or alias.name] = alias.name
            else:
                found.add((node.module.rpartition(".")[2], alias.name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add((modules[node.value.id], node.attr))
    return found


SHARED = {"labels", "operands"}  # checks of several losses


def callers(name):
    """The files of layers, functions and losses that call a primitive, by the names of their families."""
    paths = [p for folder in ("nn", "nn/functional", "losses") for p in (ROOT / "xnn" / folder).glob("*.py")]
    return {path.stem.lstrip("_") for path in paths if (PRIMITIVES[name], name) in calls_of(path)} - SHARED


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_primitive_is_called_in_the_file_of_its_family(name):
    found = callers(name)
    assert not found or PRIMITIVES[name] in found, f"{name} of xnn.ops.{PRIMITIVES[name]} is called in {found} alone"


FUNCTIONS_ONLY = {"grid_sampling"}  # which PyTorch has no layer of, either


@pytest.mark.parametrize("family", sorted(set(ops.EXTENSIONS["neural"]) - FUNCTIONS_ONLY))
def test_a_family_has_layers_or_losses(family):
    of_layers, of_functions, of_losses = (
        (ROOT / "xnn" / path).exists()
        for path in (f"nn/{family}.py", f"nn/functional/_{family}.py", f"losses/{family}.py")
    )
    assert of_losses or (of_layers and of_functions)
    assert any((ROOT / "tests" / part / "rows" / f"{family}.py").exists() for part in ("nn", "losses"))


# ---- modules and the names of their packages ----


def packages(package=xnn):
    """A package, and those in it."""
    yield package
    for found in pkgutil.iter_modules(package.__path__):
        if found.ispkg:
            yield from packages(importlib.import_module(f"{package.__name__}.{found.name}"))


def hidden(package):
    """The modules of a package that its attributes, or the names that it gives to all, do not lead to."""
    for found in pkgutil.iter_modules(package.__path__):
        if found.name == "__main__":  # runs the command line
            continue
        before = vars(package).get(found.name)
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        if getattr(package, found.name) is not module or not isinstance(before, types.ModuleType | None):
            yield found.name


@pytest.mark.parametrize("package", [*packages()], ids=lambda package: package.__name__)
def test_no_name_of_a_package_hides_a_module(package):
    assert not [*hidden(package)]


def test_a_hidden_module_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "hiding"
    folder.mkdir()
    (folder / "linear.py").write_text("def linear(x):\n    return x\n")
    (folder / "conv.py").write_text("")
    (folder / "__init__.py").write_text("from .linear import linear\n\nconv = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert [*hidden(importlib.import_module("hiding"))] == ["conv", "linear"]
