"""scipy.special on Arrays: of each function that xnn.special has, SciPy calls ours."""

from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id
from tests.consumers.row import Refusal, Row, same, uniform

if optional.why_missing("scipy"):
    optional.require("scipy")

from scipy import special  # what may not be installed

X = uniform(7, low=0.2, high=0.8)
P = uniform(4, 3, low=0.3, high=2.0)
Q = uniform(4, 3, low=0.3, high=0.9)

ONE = "digamma entr erf erfc erfcx erfinv expit gammaln i0 i0e i1 i1e log_ndtr log_softmax logit ndtr ndtri psi sinc"
TWO = "betaln kl_div rel_entr xlog1py xlogy"

ROWS = [
    *same(ONE, special, X, prefix="special"),
    *same("log_expit log1p", special, X, prefix="ufunc"),  # which SciPy does not look for in other namespaces
    *same(TWO, special, P, Q, prefix="special"),
    *same("logsumexp softmax log_softmax", special, P, prefix="of all"),
    Row("logsumexp, axis and weights", lambda a, b: special.logsumexp(a, axis=1, b=b, keepdims=True), (P, Q)),
    Row("logsumexp, return_sign", lambda a, b: special.logsumexp(a, axis=0, b=-b, return_sign=True)[0], (P, Q)),
    Row("softmax, axis", lambda x: special.softmax(x, axis=1), (P,)),
    Row("log_softmax, axis", lambda x: special.log_softmax(x, axis=0), (P,)),
    Row("polygamma", lambda x: special.polygamma(1, x), (X,)),
]

NONE_OF_OURS = "xnn.special has none, and SciPy then calls its own, which is of NumPy arrays"
REFUSALS = [
    *(Refusal(name, getattr(special, name), (X,), TypeError, "does not become a NumPy array in silence", NONE_OF_OURS)
      for name in ("exprel", "spence")),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id(ROWS)
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)
