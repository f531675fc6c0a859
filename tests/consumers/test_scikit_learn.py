"""scikit-learn on Arrays, with its array_api_dispatch."""

import pytest

import xnn as xp
from tests import optional
from tests.consumers.hold import assert_gradient, assert_refused, assert_value, by_id, on
from tests.consumers.row import Refusal, Row, namespace, same, uniform
from xnn.errors import GraphError

sklearn = optional.module("sklearn")

from sklearn import (  # noqa: E402  # what may not be installed
    decomposition,
    discriminant_analysis,
    kernel_approximation,
    linear_model,
    metrics,
    model_selection,
    naive_bayes,
    pipeline,
    preprocessing,
)
from sklearn.metrics import pairwise  # noqa: E402

X = uniform(6, 3, low=-2.0, high=2.0)
Y = uniform(6, low=-2.0, high=2.0)
TRUE, PREDICTED = uniform(4, 2, low=0.3, high=0.9), uniform(4, 2, low=0.3, high=0.9, seed=1)
ROW, OTHER = uniform(4, 3, low=0.3, high=2.0), uniform(4, 3, low=0.3, high=2.0, seed=1)


@pytest.fixture(autouse=True)
def _dispatch():
    with sklearn.config_context(array_api_dispatch=True):
        yield


def labels(x):
    return namespace(x).asarray([0, 1, 0, 1, 1, 0], device=x.device)


RANDOMIZED = {"svd_solver": "randomized", "power_iteration_normalizer": "QR", "random_state": 0}


def three(x):
    """Three classes: of two, the decomposition has singular values that are equal, all 0."""
    return namespace(x).asarray([0, 1, 2, 0, 1, 2], device=x.device)


def pca(**options):
    return decomposition.PCA(2, **{"svd_solver": "full", **options})


def restored(x):
    model = pca().fit(x)
    return model.inverse_transform(model.transform(x))


METRICS = (
    "r2_score mean_squared_error mean_absolute_error root_mean_squared_error mean_squared_log_error "
    "root_mean_squared_log_error mean_absolute_percentage_error explained_variance_score d2_absolute_error_score "
    "mean_pinball_loss"
)
# StandardScaler's update of the variance is 0/0 while it has seen nothing; it writes over the NaN.
FIRST_FIT = "ignore:invalid value encountered in divide:RuntimeWarning"

ROWS = [
    Row("StandardScaler, centred", lambda x: preprocessing.StandardScaler(with_std=False).fit_transform(x), (X,)),
    Row("StandardScaler.transform", lambda x: preprocessing.StandardScaler().fit(steps(x)).transform(x), (X,),
        warns=FIRST_FIT),
    Row("StandardScaler.partial_fit",
        lambda x: preprocessing.StandardScaler().fit(steps(x)).partial_fit(x).transform(x), (X,),
        warns=FIRST_FIT),
    *(Row(name, lambda x, name=name: getattr(preprocessing, name)().fit_transform(x), (X,))
      for name in ("MinMaxScaler", "MaxAbsScaler", "Normalizer", "PolynomialFeatures")),
    Row("Binarizer", lambda x: preprocessing.Binarizer().fit_transform(x), (X,), order=0),
    Row("KernelCenterer", lambda x: preprocessing.KernelCenterer().fit_transform(x @ namespace(x).matrix_transpose(x)),
        (X,)),
    Row("PCA, full", lambda x: pca().fit_transform(x), (X,)),
    Row("PCA, covariance_eigh", lambda x: pca(svd_solver="covariance_eigh").fit_transform(x), (X,)),
    Row("PCA, randomized", lambda x: pca(**RANDOMIZED).fit_transform(x), (X,)),
    Row("PCA, whiten", lambda x: pca(whiten=True).fit_transform(x), (X,)),
    Row("PCA.explained_variance_ratio_", lambda x: pca().fit(x).explained_variance_ratio_, (X,)),
    Row("PCA.inverse_transform", restored, (X,)),
    Row("PCA.score_samples", lambda x: pca().fit(x).score_samples(x), (X,)),
    Row("Pipeline", lambda x: pipeline.make_pipeline(preprocessing.MinMaxScaler(), pca()).fit_transform(x), (X,)),
    Row("Ridge", lambda x, y: linear_model.Ridge(solver="svd").fit(x, y).predict(x), (X, Y)),
    Row("RidgeCV", lambda x, y: linear_model.RidgeCV().fit(x, y).coef_, (X, Y)),
    Row("LinearDiscriminantAnalysis",
        lambda x: discriminant_analysis.LinearDiscriminantAnalysis().fit(x, three(x)).decision_function(x), (X,)),
    Row("GaussianNB", lambda x: naive_bayes.GaussianNB().fit(x, labels(x)).predict_log_proba(x), (X,)),
    Row("Nystroem",
        lambda x: kernel_approximation.Nystroem(n_components=3, random_state=0).fit_transform(x), (X,)),
    Row("train_test_split", lambda x: model_selection.train_test_split(x, random_state=0)[0], (X,)),
    *(Row(f"{name}, raw_values", lambda y, z, name=name: getattr(metrics, name)(y, z, multioutput="raw_values"),
          (TRUE, PREDICTED))
      for name in METRICS.split()),
    Row("median_absolute_error", lambda y, z: metrics.median_absolute_error(y, z, multioutput="raw_values"),
        (TRUE, PREDICTED)),
    # scikit-learn asks for a Python number, which is off the graph; raw_values, above, are on it
    *same(METRICS, metrics, TRUE, PREDICTED, prefix="a Python float", order=0, gives=float),
    *same("rbf_kernel cosine_similarity cosine_distances euclidean_distances linear_kernel polynomial_kernel "
          "sigmoid_kernel laplacian_kernel additive_chi2_kernel chi2_kernel paired_cosine_distances "
          "paired_euclidean_distances manhattan_distances", pairwise, ROW, OTHER, prefix="pairwise"),
    Row("pairwise_distances", lambda x, y: metrics.pairwise_distances(x, y, metric="cosine"), (ROW, OTHER)),
]  # fmt: skip


def steps(x):
    """Data to fit that does not depend on x."""
    n, m = x.shape
    return namespace(x).reshape(namespace(x).arange(float(n * m), dtype=x.dtype, device=x.device), (n, m)) % 5.0


THROUGH_NUMPY = "computes with NumPy, which has no gradients"
REFUSALS = [
    Refusal("LinearRegression", lambda x, y: linear_model.LinearRegression().fit(x, y), (X, Y), TypeError,
            "does not become a NumPy array in silence", THROUGH_NUMPY),
    Refusal("LogisticRegression", lambda x: linear_model.LogisticRegression().fit(x, labels(x)), (X,), GraphError,
            "__dlpack__ would leave the graph", THROUGH_NUMPY),
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


@pytest.mark.filterwarnings(FIRST_FIT)
def test_standard_scaler_divides_0_by_0_in_its_first_fit(place):
    """The NaN that it writes over comes back in the gradient, where 0 times NaN is NaN.

    Cure: `scipy.stats.zscore`, which is the same function; or partial_fit after a fit, as above.
    """
    (x,) = on(place, [X], requires_grad=True)
    xp.sum(preprocessing.StandardScaler().fit_transform(x) ** 3).backward()
    assert xp.all(xp.isnan(x.grad))
