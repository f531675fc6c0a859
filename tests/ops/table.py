"""The table of operations: one row, or several, for each primitive and each public function."""

from tests.ops.rows import (
    activation,
    adaptive_pooling,
    attention,
    batchnorm,
    binary,
    classification,
    conv,
    ctc,
    decompositions,
    dropout,
    elementwise,
    embedding,
    folding,
    fourier,
    grid_sampling,
    indexing,
    linear,
    linear_algebra,
    manipulation,
    normalization,
    padding,
    pooling,
    position,
    rectifier,
    recurrent,
    searching,
    sets,
    softmax,
    sorting,
    special,
    statistical,
    unpooling,
    upsampling,
)
from tests.ops.rows.row import numpy_reference, operands, torch_reference
from xnn import ops
from xnn.autograd import Primitive

CHAPTERS = (
    activation,
    adaptive_pooling,
    attention,
    batchnorm,
    binary,
    classification,
    conv,
    ctc,
    decompositions,
    dropout,
    elementwise,
    embedding,
    folding,
    grid_sampling,
    fourier,
    indexing,
    linear,
    linear_algebra,
    manipulation,
    normalization,
    padding,
    pooling,
    position,
    rectifier,
    recurrent,
    searching,
    sets,
    softmax,
    sorting,
    special,
    statistical,
    unpooling,
    upsampling,
)
ROWS = [row for chapter in CHAPTERS for row in chapter.ROWS]

__all__ = ["ROWS", "numpy_reference", "operands", "primitives", "torch_reference"]


def primitives():
    """Every primitive of the library, by name."""
    extensions = [chapter for name in ops.EXTENSIONS for chapter in ops.extension(name)]
    found = (value for chapter in (*ops.CHAPTERS, *extensions) for value in vars(chapter).values())
    return {p.name: p for p in found if isinstance(p, Primitive)}
