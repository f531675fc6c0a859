"""Rows of xnn.nn.graph, by the formulas of their papers on dense matrices."""

import numpy as np

from tests.nn.row import Case, Input, Row

PATH = np.asarray([[0, 1, 1, 2, 0], [1, 0, 2, 1, 2]])  # and an edge with a direction; node 3 has none
LOOPS = np.asarray([[0, 1, 1, 2, 3], [1, 1, 2, 1, 3]])
NODES, FACTORS = Input((4, 3), "real"), Input((5,), "positive")


def adjacency(count, edges, weights=None):
    """a[i, j]: the weight of the edge from j to i."""
    a = np.zeros((count, count))
    np.add.at(a, (edges[1], edges[0]), 1.0 if weights is None else weights)
    return a


def convolution(layer, x, edges, edge_weight=None):
    """Kipf & Welling, 2017, equation 2: D^-1/2 (A + I) D^-1/2 X W; a node with edges to itself keeps these, as in
    torch_geometric.nn.GCNConv 2.6."""
    a = adjacency(x.shape[-2], edges, edge_weight)
    if layer.add_self_loops:
        a += np.diag(np.where(np.diag(a) == 0, 2.0 if layer.improved else 1.0, 0.0))
    if layer.normalize:
        with np.errstate(divide="ignore"):
            root = np.sum(a, axis=1) ** -0.5
        root[np.isinf(root)] = 0
        a = np.diag(root) @ a @ np.diag(root)
    out = a @ x @ layer.lin.weight.detach().numpy().T
    return out if layer.bias is None else out + layer.bias.detach().numpy()


def sage(layer, x, edges):
    """Hamilton et al., 2017, algorithm 1 with a mean of neighbours, as torch_geometric.nn.SAGEConv 2.6 has it."""
    a = adjacency(x.shape[-2], edges)
    if layer.aggr == "mean":
        a /= np.maximum(a.sum(1, keepdims=True), 1)
    out = a @ x @ layer.lin_l.weight.detach().numpy().T
    if layer.lin_l.bias is not None:
        out += layer.lin_l.bias.detach().numpy()
    if layer.lin_r is not None:
        out += x @ layer.lin_r.weight.detach().numpy().T
    return out / np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12) if layer.normalize else out


def edges(found):
    return Input(found.shape, found)


ROWS = [
    Row(
        "GCNConv",
        (
            Case((NODES, edges(PATH), FACTORS), (3, 2)),
            Case((NODES, edges(LOOPS)), (3, 2), {"improved": True}),
            Case((NODES, edges(PATH)), (3, 2), {"add_self_loops": False, "bias": False}),
            Case((Input((2, 4, 3), "real"), edges(LOOPS), FACTORS), (3, 2), {"normalize": False}),
            Case((NODES, edges(PATH[:, :0])), (3, 2)),
        ),
        theirs=False,
        reference=convolution,
        has_parameters=True,
    ),
    Row(
        "SAGEConv",
        (
            Case((NODES, edges(PATH)), (3, 2)),
            Case((Input((2, 4, 3), "real"), edges(LOOPS)), (3, 2), {"aggr": "sum", "normalize": True}),
            Case((NODES, edges(PATH)), (3, 2), {"root_weight": False, "bias": False}),
        ),
        theirs=False,
        reference=sage,
        has_parameters=True,
    ),
]
