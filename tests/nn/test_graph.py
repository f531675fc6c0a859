"""Layers of graphs: edges that cannot be, gradients of edges' weights, nodes in another order, and what is refused."""

import numpy as np
import pytest

import xnn as xp
from tests.nn.refused import assert_refused
from tests.tolerances import assert_close
from xnn import nn
from xnn.errors import BoundsError, DTypeError, OptionError, ShapeError

EDGES = np.asarray([[0, 1, 1, 2, 2], [1, 0, 2, 1, 2]])
LAYERS = {"GCNConv": nn.GCNConv, "SAGEConv": nn.SAGEConv}
layers = pytest.mark.parametrize("name", LAYERS)


@layers
def test_an_edge_to_a_node_that_is_not_raises(name, device):
    """At once, or else at the next wait; until then the results that it reaches are NaN."""
    xp.synchronize(device)
    layer, x = LAYERS[name](2, 2, device=device), xp.ones((3, 2), device=device)
    rule = f"{name}: nodes in edge_index are from 0 to 2; another one came. Cure: x of more than 3 nodes."

    def look():
        return layer(x, xp.asarray([[0, 3], [1, 2]], device=device))

    if not device.is_asynchronous:
        assert_refused(BoundsError, rule, look)
        return
    out = look()
    assert_refused(BoundsError, rule, lambda: xp.synchronize(device))
    assert np.isnan(out.detach().numpy()[2]).all()


@layers
def test_the_order_of_nodes_and_edges_says_nothing(name):
    layer, random = LAYERS[name](3, 2, device="cpu", dtype=xp.float64), np.random.default_rng(0)
    x, order = random.uniform(-1, 1, (3, 3)), random.permutation(3)
    place = np.argsort(order)
    out = layer(xp.asarray(x, device="cpu"), xp.asarray(EDGES, device="cpu")).detach().numpy()
    permuted = layer(xp.asarray(x[order], device="cpu"), xp.asarray(place[EDGES[:, ::-1]], device="cpu"))
    assert_close(permuted.detach().numpy(), out[order])


def test_edges_weights_have_derivatives_of_both_orders(device):
    layer = nn.GCNConv(2, 2, device=device, dtype=xp.float64)
    x = xp.asarray(np.random.default_rng(1).uniform(-1, 1, (3, 2)), device=device)
    weights = xp.asarray([0.5, 1.0, 2.0, 0.7, 1.3], dtype=xp.float64, device=device)
    edges = xp.asarray(EDGES, device=device)
    xp.check_gradients(lambda x, w: xp.sin(layer(x, edges, w)), x, weights)


@layers
def test_the_first_input_tells_the_size(name, device):
    layer = LAYERS[name](None, 2)
    layer(xp.ones((3, 5), device=device), xp.asarray(EDGES, device=device))
    assert layer.in_channels == 5
    assert list(layer.state_dict()) == (
        ["bias", "lin.weight"] if name == "GCNConv" else ["lin_l.weight", "lin_l.bias", "lin_r.weight"]
    )


def test_values_begin_as_torch_geometrics():
    """Glorot & Bengio's uniform bound for the weight, 0 for the bias."""
    xp.random.manual_seed(0)
    layer = nn.GCNConv(40, 60, device="cpu")
    weight = layer.lin.weight.detach().numpy()
    assert 0.98 * np.sqrt(6 / 100) < np.abs(weight).max() <= np.sqrt(6 / 100)
    assert not layer.bias.detach().numpy().any()


X, PATH = xp.ones((3, 2), device="cpu"), xp.asarray(EDGES, device="cpu")
GCN, SAGE = nn.GCNConv(2, 2, device="cpu"), nn.SAGEConv(2, 2, device="cpu")

REFUSED = [
    (ShapeError, "GCNConv takes nodes (..., nodes, 2); got shape (3, 1)", lambda: GCN(X[:, :1], PATH)),
    (ShapeError, "SAGEConv takes nodes (..., nodes, 2); got shape (2,)", lambda: SAGE(X[0], PATH)),
    (ShapeError, "GCNConv takes an edge_index (2, edges), where each comes from and where it goes; got shape (5, 2)",
     lambda: GCN(X, xp.permute_dims(PATH, (1, 0)))),
    (DTypeError, "GCNConv takes integers for edge_index; got float32. Cure: xnn.astype(edge_index, xnn.int64).",
     lambda: GCN(X, xp.ones((2, 5), device="cpu"))),
    (ShapeError, "GCNConv takes a weight for each of 5 edges, (5,); got shape (4,)",
     lambda: GCN(X, PATH, xp.ones((4,), device="cpu"))),
    (DTypeError, "GCNConv takes edge_weight of the type of x, float32; got float64",
     lambda: GCN(X, PATH, xp.ones((5,), device="cpu", dtype=xp.float64))),
    (OptionError, "GCNConv adds self-loops where it normalizes; got add_self_loops=True and normalize=False. "
     "Cure: edges from nodes to themselves.", lambda: nn.GCNConv(2, 2, add_self_loops=True, normalize=False)),
    (OptionError, 'SAGEConv: aggr is "mean" or "sum"; got \'max\'', lambda: nn.SAGEConv(2, 2, aggr="max")),
    (OptionError, "in_channels is an int of at least 1; got -1", lambda: nn.GCNConv(-1, 2)),
    (TypeError, "GCNConv takes arrays; edge_index is a list. Cure: xnn.asarray(edge_index).",
     lambda: GCN(X, [[0], [1]])),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_is_refused(kind, text, call):
    assert_refused(kind, text, call)
