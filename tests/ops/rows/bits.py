"""Rows of xnn.ops.bits."""

from tests.ops.rows.row import FLOATS, INTEGERS, Operand, Row, function
from tests.oracle import torch


def whole(name, domain="real", arity=2):
    return Row(name, name, function(name), (Operand((3, 4), domain),) * arity, INTEGERS, differentiable=False)


ROWS = [
    whole("gcd"),
    whole("lcm", "positive"),
    whole("bitwise_count", arity=1),
    Row(
        "frexp mantissa",
        "frexp",
        lambda xp, x: xp.frexp(x)[0],
        (Operand((3, 4), "distinct"),),
        FLOATS,
        torch=lambda x: x * 2.0 ** -torch.frexp(x.detach())[1].to(x.dtype),
    ),
    Row(
        "frexp exponent",
        "frexp",
        lambda xp, x: xp.frexp(x)[1],
        (Operand((3, 4), "distinct"),),
        FLOATS,
        differentiable=False,
    ),
    Row("ldexp", "ldexp", function("ldexp"), (Operand((3, 4)), Operand((4,), "below 9")), FLOATS),
]
