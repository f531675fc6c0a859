"""Layers of graphs, with torch_geometric's names."""

from __future__ import annotations

import math
from typing import Any, Literal

from xnn.arguments import check_arrays, check_floating, whole
from xnn.array_object import Array
from xnn.autograd.graph import frontend
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.ops.creation import zeros
from xnn.ops.data_types import agree, dtype_of
from xnn.ops.embedding import within
from xnn.ops.indexing import scatter_add, take
from xnn.typing import AnyArray, DeviceLike, DTypeLike

from . import init
from .functional._indices import check_device, check_integers, own_array, require_between
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["GCNConv", "SAGEConv"]


class _Conv(Module):
    """What both have: sizes, of which the one of inputs may be left open, and edges."""

    def __init__(
        self, in_channels: int | None, out_channels: int, device: DeviceLike | None, dtype: DTypeLike | None
    ) -> None:
        super().__init__()
        self.in_channels = None if in_channels is None else whole("in_channels", in_channels, 1)
        self.out_channels = whole("out_channels", out_channels, 1)
        if self.in_channels is None:
            self.defer(device, dtype)
        else:
            self.create(device, dtype)

    def infer(self, x: AnyArray, *edges: AnyArray) -> None:
        self._check_nodes(x)
        self.in_channels = tuple(x.shape)[-1]

    def _check_nodes(self, x: Any) -> None:
        name, size = type(self).__name__, self.in_channels
        check_arrays(name, x=x)
        if len(x.shape) < 2 or (size is not None and tuple(x.shape)[-1] != size):
            raise ShapeError(f"{name} takes nodes (..., nodes, {size or 'in_channels'}); got shape {tuple(x.shape)}")

    def _edges(self, x: Any, edge_index: Any) -> tuple[Any, Any, Any]:
        """Where edges come from, where they go, (E,) each, and which of them can be; checked."""
        name, count = type(self).__name__, tuple(x.shape)[-2]
        check_floating(name, "x", x)
        check_arrays(name, edge_index=edge_index)
        check_integers(name, "edge_index", edge_index)
        check_device(name, x, edge_index)
        shape = tuple(edge_index.shape)
        if len(shape) != 2 or shape[0] != 2:
            raise ShapeError(
                f"{name} takes an edge_index (2, edges), where each comes from and where it goes; got shape {shape}"
            )
        require_between(name, "nodes in edge_index", edge_index, 0, count - 1, f"x of more than {count} nodes")
        xp = frontend.xp
        safe, fits = within(xp, own_array(edge_index, name), count)
        return safe[0, :], safe[1, :], xp.all(fits, axis=0)

    def _spread(self, x: Any, source: Any, target: Any, factors: Any) -> Any:
        """For each node the sum of factors (E,) times x (..., nodes, F) of those from which edges come."""
        sent = take(x, source, axis=len(x.shape) - 2) * frontend.xp.expand_dims(factors, axis=1)
        nothing = zeros(x.shape, dtype=x.dtype, device=x.device)
        return scatter_add(nothing, (*(slice(None),) * (len(x.shape) - 2), target), sent)

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}"


class GCNConv(_Conv):
    """Graph convolution: D^-1/2 (A + I) D^-1/2 x W.T + b, A of the edges' weights, D diagonal, the rows' sums of A + I.

    Kipf & Welling, Semi-supervised classification with graph convolutional networks, 2017. torch_geometric's names.

    Args:
        in_channels: the size of a node's features; None for that of the first input.
        out_channels: that of the outputs.
        improved: whether 2 I stands in the place of I.
        add_self_loops: whether I is added; None for `normalize`. A node that has edges to itself keeps these in the
            place of 1, added up, as in torch_geometric, where of several the last one counts.
        normalize: whether D^-1/2 stands on both sides; without it self-loops cannot be added.
        bias: whether b is added.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        lin: a `Linear` without a bias, whose weight W (out_channels, in_channels) is drawn by `init.xavier_uniform_`.
        bias: b (out_channels,), 0 at first; or None.

    Shapes: x (..., nodes, in_channels) to (..., nodes, out_channels).

    Called as `layer(x, edge_index, edge_weight=None)`: edge_index (2, edges), integers, where each edge comes from and
    where it goes; edge_weight (edges,) of the type of x, 1 if None. A graph that is not directed has each edge twice.

    Raises:
        OptionError: for sizes that are no ints of at least 1, and self-loops without normalisation.
        ShapeError, DTypeError: for arrays that do not fit.
        BoundsError: for a node that is not: at once on the CPU; on a GPU the result is NaN, and the next call that
            waits for the device raises.

    Example:
        >>> import xnn as xp
        >>> edges = xp.asarray([[0, 1, 1, 2], [1, 0, 2, 1]], device="cpu")
        >>> layer = xp.nn.GCNConv(4, 2, device="cpu")
        >>> layer(xp.ones((3, 4), device="cpu"), edges).shape
        (3, 2)
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        improved: bool = False,
        add_self_loops: bool | None = None,
        normalize: bool = True,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        self.improved, self.normalize, self.has_bias = improved, normalize, bias
        self.add_self_loops = normalize if add_self_loops is None else add_self_loops
        if self.add_self_loops and not normalize:
            raise OptionError(
                "GCNConv adds self-loops where it normalizes; got add_self_loops=True and normalize=False. "
                "Cure: edges from nodes to themselves."
            )
        super().__init__(in_channels, out_channels, device, dtype)

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        assert self.in_channels is not None  # infer came before
        self.lin = Linear(self.in_channels, self.out_channels, bias=False, device=device, dtype=dtype)
        init.xavier_uniform_(self.lin.weight)
        self.bias = Parameter(zeros((self.out_channels,), device=device, dtype=dtype)) if self.has_bias else None

    def forward(self, x: AnyArray, edge_index: AnyArray, edge_weight: AnyArray | None = None) -> Array:
        self._check_nodes(x)
        xp = frontend.xp
        source, target, fits = self._edges(x, edge_index)
        x = self.lin(x)
        if edge_weight is None:
            weights = xp.ones(source.shape, dtype=x.dtype, device=x.device)
        else:
            self._check_weights(x, edge_weight, source)
            weights = own_array(edge_weight, "GCNConv")
        weights = xp.where(fits, weights, math.nan)
        loops = None
        if self.add_self_loops:
            weights, loops = self._loops(weights, source, target, x.shape[-2])
        if self.normalize:
            weights, loops = _normalized(weights, loops, source, target, x.shape[-2])
        out = self._spread(x, source, target, weights)
        if loops is not None:
            out = out + x * xp.expand_dims(loops, axis=1)
        return out if self.bias is None else out + self.bias

    def _check_weights(self, x: Any, weights: Any, source: Any) -> None:
        check_arrays("GCNConv", edge_weight=weights)
        if tuple(weights.shape) != tuple(source.shape):
            raise ShapeError(
                f"GCNConv takes a weight for each of {source.shape[0]} edges, ({source.shape[0]},); "
                f"got shape {tuple(weights.shape)}"
            )
        check_device("GCNConv", x, weights)
        if not agree(weights, x):
            raise DTypeError(
                f"GCNConv takes edge_weight of the type of x, {dtype_of(x).name}; got {dtype_of(weights).name}"
            )

    def _loops(self, weights: Any, source: Any, target: Any, count: int) -> tuple[Any, Any]:
        """Weights of edges between two nodes, 0 in the place of others, and of each node's edge to itself."""
        xp = frontend.xp
        is_loop = source == target
        nothing = xp.zeros((count,), dtype=weights.dtype, device=weights.device)
        own = scatter_add(nothing, source, xp.where(is_loop, weights, 0.0))
        has_own = scatter_add(nothing, source, xp.astype(is_loop, weights.dtype)) > 0
        return xp.where(is_loop, 0.0, weights), xp.where(has_own, own, 2.0 if self.improved else 1.0)


def _normalized(weights: Any, loops: Any, source: Any, target: Any, count: int) -> tuple[Any, Any]:
    """Weights over the square roots of the degrees on both sides; a node without edges has factor 0."""
    xp = frontend.xp
    degree = xp.zeros((count,), dtype=weights.dtype, device=weights.device) if loops is None else loops
    degree = scatter_add(degree, target, weights)
    factor = xp.where(degree == 0, 0.0, xp.where(degree == 0, 1.0, degree) ** -0.5)
    return take(factor, source) * weights * take(factor, target), None if loops is None else factor**2 * loops


class SAGEConv(_Conv):
    """W_l mean(x_j) + b + W_r x_i: the mean of the neighbours from which edges come, and the node itself.

    Hamilton et al., Inductive representation learning on large graphs, 2017. torch_geometric's names; of its ways to
    put neighbours together the mean and the sum.

    Args:
        in_channels: the size of a node's features; None for that of the first input.
        out_channels: that of the outputs.
        aggr: "mean", 0 for a node without neighbours, or "sum".
        normalize: whether outputs are divided by their length, if that is over 1e-12.
        root_weight: whether there is W_r.
        bias: whether b is added.
        device: where the parameters are; None for the default device.
        dtype: their data type; None for the default one.

    Attributes:
        lin_l: a `Linear` of W_l (out_channels, in_channels) and b.
        lin_r: a `Linear` of W_r without a bias; or None.

    Shapes: x (..., nodes, in_channels) to (..., nodes, out_channels).

    Called as `layer(x, edge_index)`: edge_index (2, edges), integers, where each edge comes from and where it goes.

    Raises:
        OptionError: for sizes that are no ints of at least 1, and another aggr.
        ShapeError, DTypeError, BoundsError: as for `GCNConv`.
    """

    def __init__(
        self,
        in_channels: int | None,
        out_channels: int,
        aggr: Literal["mean", "sum"] = "mean",
        normalize: bool = False,
        root_weight: bool = True,
        bias: bool = True,
        *,
        device: DeviceLike | None = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        if aggr not in ("mean", "sum"):
            raise OptionError(f'SAGEConv: aggr is "mean" or "sum"; got {aggr!r}')
        self.aggr, self.normalize, self.root_weight, self.has_bias = aggr, normalize, root_weight, bias
        super().__init__(in_channels, out_channels, device, dtype)

    def create(self, device: DeviceLike | None, dtype: DTypeLike | None) -> None:
        assert self.in_channels is not None  # infer came before
        sizes = (self.in_channels, self.out_channels)
        self.lin_l = Linear(*sizes, bias=self.has_bias, device=device, dtype=dtype)
        self.lin_r = Linear(*sizes, bias=False, device=device, dtype=dtype) if self.root_weight else None

    def forward(self, x: AnyArray, edge_index: AnyArray) -> Array:
        self._check_nodes(x)
        xp = frontend.xp
        source, target, fits = self._edges(x, edge_index)
        nodes: Array = own_array(x, "SAGEConv")
        weights = xp.where(fits, xp.ones(source.shape, dtype=nodes.dtype, device=nodes.device), math.nan)
        if self.aggr == "mean":
            nothing = xp.zeros((nodes.shape[-2],), dtype=nodes.dtype, device=nodes.device)
            weights = weights / take(xp.maximum(scatter_add(nothing, target, weights), 1.0), target)
        out = self.lin_l(self._spread(nodes, source, target, weights))
        if self.lin_r is not None:
            out = out + self.lin_r(nodes)
        if not self.normalize:
            return out
        squares = xp.sum(out * out, axis=-1, keepdims=True)
        return out / xp.sqrt(xp.maximum(squares, 1e-24))
