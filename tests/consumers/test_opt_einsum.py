"""opt_einsum on Arrays: it calls the functions of the package that their class is in."""

from tests import optional
from tests.consumers.hold import assert_gradient, assert_value, by_id
from tests.consumers.row import Row, uniform

opt_einsum = optional.module("opt_einsum")

A, B, C = uniform(3, 4), uniform(4, 5), uniform(5, 2)

ROWS = [
    Row("contract", lambda a, b, c: opt_einsum.contract("ij,jk,kl->il", a, b, c), (A, B, C)),
    Row("contract to a number", lambda a, b: opt_einsum.contract("ij,jk->", a, b, optimize="optimal"), (A, B)),
    Row("contract, a batch", lambda a, b: opt_einsum.contract("ij,ij->i", a, b), (A, A)),
    Row("expression", lambda a, b: opt_einsum.contract_expression("ij,jk->ki", (3, 4), (4, 5))(a, b), (A, B)),
]


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id(ROWS)
def test_gradient(row, place):
    assert_gradient(row, place)
