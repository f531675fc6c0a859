"""Rows of xnn.nn.parametrizations: layers whose weight is computed."""

from tests.nn.row import Case, Input, Row
from tests.oracle import torch
from xnn import nn


class Parametrized(Row):
    """A row whose first argument is how the layer is made: its name, and its arguments."""

    def ours(self, case, device, dtype):
        (name, *arguments), *rest = case.arguments
        layer = getattr(nn, name)(*arguments, device=device, dtype=dtype)
        return getattr(nn.parametrizations, self.name.rpartition(".")[2])(layer, *rest, **case.options)

    def make_theirs(self, case):
        (name, *arguments), *rest = case.arguments
        layer = getattr(torch.nn, name)(*arguments)
        name = self.name.rpartition(".")[2]
        made = getattr(torch.nn.utils.parametrizations, name)(layer, *rest, **case.options)
        if name == "orthogonal":
            parametrization = made.parametrizations.weight[0]
            parametrization.forward = of_signs(parametrization.forward)
        return made


def of_signs(forward):
    """PyTorch takes the whole part of the diagonal, which makes all 0 that is not 1 or -1; ours is the sign."""

    def compute(x):
        return forward(torch.where(torch.eye(*x.shape, dtype=torch.bool), torch.sign(x).detach(), x))

    return compute


BATCH, SQUARE, IMAGES = Input((4, 3), "real"), Input((2, 4), "real"), Input((1, 2, 4, 5), "real")
LINEAR, CONV, TRANSPOSED = ("Linear", 3, 2), ("Conv2d", 2, 4, 3), ("ConvTranspose2d", 2, 4, 3)

ROWS = [
    Parametrized(
        "parametrizations.weight_norm",
        (
            Case((BATCH,), (LINEAR,)),
            Case((BATCH,), (LINEAR, "weight", 1)),
            Case((BATCH,), (LINEAR,), {"dim": None}),
            Case((BATCH,), (LINEAR, "bias"), {"dim": None}),
            Case((IMAGES,), (CONV,)),
            Case((Input((5, 2, 3), "real"),), (("LSTM", 3, 4), "weight_hh_l0")),
        ),
        has_parameters=True,
    ),
    Parametrized(
        "parametrizations.spectral_norm",
        (
            Case((BATCH,), (LINEAR,)),
            Case((BATCH,), (LINEAR, "weight", 3), {"dim": -1}),
            Case((BATCH,), (LINEAR, "bias")),
            Case((IMAGES,), (CONV,)),
            Case((IMAGES,), (TRANSPOSED,)),
        ),
        has_parameters=True,
    ),
    Parametrized(
        "parametrizations.orthogonal",
        tuple(
            Case((x,), (layer, "weight", name), {"use_trivialization": trivial})
            for name in ("matrix_exp", "cayley", "householder", None)
            for x, layer in ((SQUARE, ("Linear", 4, 4)), (BATCH, ("Linear", 3, 2)), (BATCH, ("Linear", 3, 5)))
            for trivial in (True, False)
        ),
        has_parameters=True,
    ),
]
