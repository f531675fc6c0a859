"""What the pages in docs/ show is run, and what they list is so."""

import importlib
import re
import types

import pytest

from tests import pages
from tests.ops import test_keeps, test_table
from tests.ops.rows import elementwise, sorting, statistical
from tests.ops.table import ROWS
from xnn import ops
from xnn_backends import registry

PAGES = sorted(str(path.relative_to(pages.ROOT)) for path in (pages.ROOT / "docs").glob("*.md"))
DERIVATIVES, NETWORKS, COMPILE = "docs/derivatives.md", "docs/networks.md", "docs/compile.md"
NUMPY = "docs/numpy.md"
# What the code of each page prints, among others; the other pages have none.
SAID = {DERIVATIVES: "'matmul'", NETWORKS: "5 (Linear)", COMPILE: "compiled: 1 recorded", NUMPY: "[0.5, -0.8, 0.2]"}


@pytest.fixture
def example(monkeypatch):
    """The example backend, as if its package were installed."""
    if "counting" in registry.names():
        return  # as it is
    for name in ("_targets", "_backends", "_of_type"):
        monkeypatch.setattr(registry, name, getattr(registry, name).copy())
    monkeypatch.syspath_prepend(pages.ROOT / "examples" / "backend")
    registry.register("counting", "xnn_counting.backend:CountingBackend")


@pytest.fixture
def default(device, monkeypatch):
    """The device under test is the default one."""
    monkeypatch.setenv("XNN_DEVICE", str(device))


def executed(page):
    """The names that a page defines when its blocks are run in order, as in one session."""
    namespace = {"__name__": "page"}
    for block in pages.blocks(page):
        pages.run(block, namespace)
    return namespace


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("example", "default")
def test_code_runs(page, capsys):
    executed(page)
    assert (page in SAID) == bool(pages.blocks(page))
    assert SAID.get(page, "") in capsys.readouterr().out


@pytest.fixture
def row(example, default, monkeypatch):
    """The row of the page's primitive, which is put where the page says."""
    page = executed(DERIVATIVES)
    row, primitive = page["row"], page["cbrt"]
    assert row.name == primitive.name
    monkeypatch.setattr(importlib.import_module("xnn.special"), row.name, primitive, raising=False)
    monkeypatch.setattr(test_keeps, "primitives", lambda: {row.name: primitive})
    monkeypatch.setattr(test_keeps, "WITH_RULES", [row])
    return row


def test_the_primitive_of_the_page(row, device):
    """It passes the tests of the table, as the page says."""
    test_table.test_values(row, device)
    test_table.test_derivatives_of_all_orders(row, device)
    test_table.test_forward_mode_is_the_transpose_of_backward(row, device)
    test_keeps.test_what_is_kept_is_read(row.name)
    test_keeps.test_what_is_not_named_is_not_kept(row)


@pytest.mark.needs("torch")
def test_the_primitive_of_the_page_against_torch(row, device):
    from tests.ops.test_against_torch import test_gradients

    test_gradients(row, device)


def listed(what):
    """The functions that the page names between its marks."""
    text = re.search(rf"<!-- tests/test_docs.py: {what} -->(.*?)<!-- end -->", pages.read(DERIVATIVES), re.DOTALL)[1]
    return {name.removeprefix("linalg.") for name in re.findall(r"`([a-z][\w.]*)`", text)}


def test_the_list_of_what_has_no_derivative():
    """It is that of the table of rows; what layers are made of is not public."""
    inner = {name for chapter in ops.extension("neural") for name in vars(chapter)}
    has_one = {row.name for row in ROWS if row.differentiable}
    public = {row.name for row in ROWS if row.name[0] != "_" and row.name not in inner}
    assert listed("no derivative") - {"values"} == public - has_one


def test_the_list_of_what_is_of_real_numbers_alone():
    rows = [row for chapter in (elementwise, sorting, statistical) for row in chapter.ROWS if row.differentiable]
    takes_complex = {row.name for row in rows if "complex128" in row.dtypes}
    assert listed("for real numbers alone") == {row.name for row in rows} - takes_complex


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    assert pages.dead_links(page) == []


def test_a_wrong_answer_fails(capsys):
    wrong = pages.Block("page", 0, True, ">>> 1 + 1\n3\n")
    with pytest.raises(AssertionError, match="Expected:"):
        pages.run(wrong, {})
    assert "page" in capsys.readouterr().out


# ---- the catalogue ----


@pytest.mark.parametrize(
    "package", ["nn", "nn.init", "nn.parametrizations", "losses", "optim", "optim.lr_scheduler", "metrics"]
)
def test_the_catalogue_is_complete(package):
    """Every class of layers, optimizers, schedules and metrics, every loss and initialiser is on the page."""
    text = (pages.ROOT / NETWORKS).read_text()
    module = importlib.import_module(f"xnn.{package}")
    public = {name for name in module.__all__ if not isinstance(getattr(module, name), types.ModuleType)}
    if package == "metrics":
        public = {name for name in public if name[0].isupper()}
    excused = {"HookHandle", "LRScheduler", "Metric", "Module", "Optimizer", "Parameter", "Summary", "summary"}
    assert not {name for name in public - excused if f"`{name}`" not in text}


# ---- side effects ----


def test_all_environment_variables_that_are_read_are_on_the_page():
    text = (pages.ROOT / "docs" / "side-effects.md").read_text()
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", text))
    families = "XNN OMP OPENBLAS GOTO MKL BLIS VECLIB NUMBA MALLOC GLIBC CUDA CUPY".replace(" ", "|")
    sources = [path for folder in ("xnn", "backends") for path in (pages.ROOT / folder).rglob("*.py")]
    read = {name for path in sources for name in re.findall(rf'"((?:{families})_[A-Z_]+)"', path.read_text())}
    assert {"XNN_DEVICE", "MALLOC_TRIM_THRESHOLD_", "VECLIB_MAXIMUM_THREADS"} <= read
    assert {name for name in read if not name.startswith("CUPY_")} <= named
