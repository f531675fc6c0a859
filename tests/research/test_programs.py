"""Research code written for autograd, with its import lines changed and nothing else, gives autograd's numbers.

The programs are renderings of what autograd's examples do. With autograd they run on NumPy arrays; with xnn on NumPy
arrays as well, and on Arrays of each device.
"""

import pathlib
import types

import numpy as np
import pytest

import xnn as xp
from tests import optional

autograd = optional.module("autograd")

# What stands in the place of each import line.
LINES = {
    "import autograd.numpy as np": "import xnn as np",
    "import autograd.numpy.linalg as la": "import xnn.linalg as la",
    "from autograd.numpy.linalg import solve": "from xnn.linalg import solve",
    "import autograd.scipy.stats.norm as norm": "from xnn.stats import norm",
    "import autograd.scipy.stats.multivariate_normal as mvn": "from xnn.stats import multivariate_normal as mvn",
    "from autograd.scipy.stats import t": "from xnn.stats import t",
    "from autograd.scipy.special import logsumexp": "from xnn.special import logsumexp",
    "from autograd.scipy.special import expit as sigmoid": "from xnn.special import expit as sigmoid",
    "from autograd.scipy.integrate import odeint": "from xnn.integrate import odeint",
    "from autograd.misc.flatten import flatten": "from xnn import ravel_pytree as flatten",
    "from autograd.builtins import tuple": "from builtins import tuple",
    "from autograd import grad": "from xnn import grad",
    "from autograd import value_and_grad": "from xnn import value_and_grad",
    "from autograd import value_and_grad as vgrad": "from xnn import value_and_grad as vgrad",
    "from autograd import elementwise_grad, value_and_grad": "from xnn import elementwise_grad, value_and_grad",
}
FOLDER = pathlib.Path(__file__).parent / "programs"
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.py"))


def load(name, lines=None):
    """A program as a module; with other import lines."""
    source = (FOLDER / f"{name}.py").read_text().split("\n")
    if lines is not None:
        found = [line for line in source if "autograd" in line and line.startswith(("import", "from"))]
        assert set(found) <= lines.keys()
        source = [lines.get(line, line) for line in source]
        assert not [line for line in source if line.startswith(("import", "from")) and "autograd" in line]
    module = types.ModuleType(name)
    exec(compile("\n".join(source), f"{name}.py", "exec"), vars(module))
    return module


def values(shapes):
    """A NumPy array for each argument."""
    random = np.random.default_rng(7)
    found = {}
    for name, shape in shapes.items():
        kind, *sizes = shape.split() if isinstance(shape, str) else ("normal", *shape)
        sizes = tuple(map(int, sizes))
        if kind == "one-hot":
            found[name] = np.eye(sizes[1])[random.integers(0, sizes[1], sizes[0])]
        else:
            found[name] = random.uniform(0.1, 1.0, sizes) if kind == "positive" else 0.5 * random.normal(size=sizes)
    return found


@pytest.fixture
def double():
    """autograd's numbers are float64."""
    before = xp.get_default_dtype()
    xp.set_default_dtype(xp.float64)
    yield
    xp.set_default_dtype(before)


def compare(name, results):
    program = load(name)
    expected = program.run(**values(program.SHAPES))
    assert len(results) == len(expected)
    for came, wanted in zip(results, expected, strict=True):
        came = came.numpy() if isinstance(came, xp.Array) else np.asarray(came)
        tolerance = getattr(program, "TOLERANCE", 1e-8)
        np.testing.assert_allclose(came, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
def test_on_arrays_of_each_device(name, device, double):
    program = load(name, LINES)
    with xp.use_device(device):
        arrays = {key: xp.asarray(x, device=device) for key, x in values(program.SHAPES).items()}
        compare(name, program.run(**arrays))


@pytest.mark.parametrize("name", PROGRAMS)
def test_on_raw_arrays(name, double):
    program = load(name, LINES)
    with xp.use_device("cpu"):
        compare(name, program.run(**values(program.SHAPES)))
