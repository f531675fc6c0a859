"""Every exception that xnn raises on purpose, in one tree; each is also a built-in kind."""

from xnn_backends.errors import DeviceError, DeviceMismatchError, DTypeError, XnnError

__all__ = [
    "BoundsError",
    "CheckpointError",
    "ConvergenceError",
    "DTypeError",
    "DataError",
    "DeviceError",
    "DeviceMismatchError",
    "GraphError",
    "LabelError",
    "OptionError",
    "RangeError",
    "ShapeError",
    "XnnError",
]


class ShapeError(XnnError, ValueError):
    """Shapes that do not fit together; says the rule, the shapes that came, and the cure."""


class RangeError(DTypeError, OverflowError):
    """A number that an integer type cannot hold."""


class BoundsError(XnnError, IndexError):
    """A position beyond the end of a dimension."""


class LabelError(XnnError, IndexError, ValueError):
    """A class label that no class has."""


class GraphError(XnnError, RuntimeError):
    """A derivative that cannot be had: a freed graph, a leaf changed in place, a detached array."""


class ConvergenceError(XnnError, ArithmeticError):
    """An iteration, as of a solver, does not come to an end."""


class OptionError(XnnError, ValueError):
    """An option whose value makes no sense, alone or beside another one."""


class DataError(XnnError, OSError):
    """A data file that is missing, or damaged, or holds something else."""


class CheckpointError(XnnError, OSError):
    """A checkpoint that is missing, truncated, or of another model."""


def __dir__() -> list[str]:
    return __all__
