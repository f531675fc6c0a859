"""scipy.stats on Arrays."""

import xnn as xp
from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id
from tests.consumers.row import Refusal, Row, namespace, same, uniform

if optional.why_missing("scipy"):
    optional.require("scipy")

from scipy import stats  # what may not be installed

X = uniform(7, low=0.2, high=0.8)
Y = uniform(7, low=0.2, high=0.8, seed=1)
LONG = uniform(22)
P = uniform(4, 3, low=0.3, high=2.0)
Q = uniform(4, 3, low=0.3, high=0.9)
POINTS = uniform(6, 3)


def mean(x, axis):
    return namespace(x).mean(x, axis=axis)


def difference(x, y, axis):
    return mean(x, axis) - mean(y, axis)


def correlation(x, y):
    """SciPy 1.17.1 makes a mask on the default device."""
    if not isinstance(x, xp.Array):
        return stats.pearsonr(x, y).statistic
    with xp.use_device(x.device):
        return stats.pearsonr(x, y).statistic


ROWS = [
    *same("zscore skew kurtosis gmean hmean variation moment entropy differential_entropy sem gstd gzscore "
          "kstat kstatvar iqr median_abs_deviation circmean circstd circvar tmean tvar tstd tsem tmin tmax "
          "false_discovery_control", stats, X, prefix="stats"),
    *(Row(f"{name}, axis", lambda x, name=name: getattr(stats, name)(x, axis=0, keepdims=True), (P,))
      for name in ("skew", "kurtosis", "gmean", "hmean")),
    Row("zscore, axis", lambda x: stats.zscore(x, axis=1, ddof=1), (P,)),
    Row("skew, bias=False", lambda x: stats.skew(x, bias=False), (X,)),
    Row("kurtosis, bias=False", lambda x: stats.kurtosis(x, bias=False), (X,)),
    Row("gmean, weights", lambda x, w: stats.gmean(x, weights=w, axis=None), (P, Q)),
    Row("pmean", lambda x: stats.pmean(x, 3), (X,)),
    Row("moment, third", lambda x: stats.moment(x, 3), (X,)),
    Row("entropy, relative", stats.entropy, (P, Q)),
    Row("zmap", stats.zmap, (X, LONG)),
    Row("trim_mean", lambda x: stats.trim_mean(x, 0.2), (X,)),
    Row("quantile", lambda x: stats.quantile(x, 0.37), (X,)),
    Row("mode", lambda x: stats.mode(x).mode, (X,)),
    Row("describe", lambda x: stats.describe(x).variance, (X,)),
    Row("directional_stats", lambda x: stats.directional_stats(x).mean_direction, (POINTS,)),
    Row("boxcox_llf", lambda x: stats.boxcox_llf(0.7, x), (X,)),
    Row("yeojohnson_llf", lambda x: stats.yeojohnson_llf(0.7, x), (X,)),
    Row("skewtest", lambda x: stats.skewtest(x).statistic, (LONG,)),
    Row("kurtosistest", lambda x: stats.kurtosistest(x).statistic, (LONG,)),
    Row("bootstrap",
        lambda x: stats.bootstrap((x,), mean, n_resamples=9, rng=0).standard_error, (X,)),
    Row("permutation_test",
        lambda x, y: stats.permutation_test((x, y), difference, n_resamples=9, rng=0).statistic, (X, Y),
        constants="device"),
    Row("normaltest", lambda x: stats.normaltest(x).pvalue, (LONG,)),
    Row("pearsonr", lambda x, y: correlation(x, y), (X, Y)),
    Row("spearmanr", lambda x, y: stats.spearmanr(x, y).statistic, (X, Y), order=0, constants="device dtype"),
    Row("rankdata", stats.rankdata, (X,), order=0, constants="device dtype"),
]  # fmt: skip

THROUGH_NUMPY = "computes with NumPy, which has no gradients"
# SciPy computes the p-value with the statistic. Its distribution is a special function that xnn.special lacks.
P_VALUE = "its p-value is stdtr, chdtrc or betainc, which xnn.special lacks"
REFUSALS = [
    *(Refusal(name, getattr(stats, name), operands, TypeError, "does not become a NumPy array in silence", P_VALUE)
      for name, operands in [("f_oneway", (X, Y))]),
    *(Refusal(name, getattr(stats, name), operands, TypeError, "does not become a NumPy array in silence",
              THROUGH_NUMPY)
      for name, operands in [("linregress", (X, Y)), ("gaussian_kde", (X,)), ("levene", (X, Y)),
                             ("wasserstein_distance", (X, Y)), ("siegelslopes", (X,)), ("expectile", (X,))]),
    Refusal("norm.logpdf", stats.norm.logpdf, (X,), TypeError, "does not become a NumPy array in silence",
            THROUGH_NUMPY),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id([row for row in ROWS if row.order])
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)
