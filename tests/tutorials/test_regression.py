"""Linear, logistic and softmax regression as single layers: scikit-learn's answers on the data that it brings."""

import numpy as np

import xnn as xp
from tests import optional
from tests.tolerances import assert_close
from xnn import losses, nn, optim

datasets = optional.module("sklearn.datasets")
linear_model = optional.module("sklearn.linear_model")


def standardised(x):
    return (x - x.mean(axis=0)) / x.std(axis=0)


def fit(layer, loss, x, t, device):
    """Minimise loss(layer, outputs, t) over all samples by L-BFGS; the loss that is reached."""
    x, t = (xp.asarray(v, device=device) for v in (x, t))
    optimizer = optim.LBFGS(
        layer.parameters(), lr=1, max_iter=2000, tolerance_grad=1e-12, tolerance_change=1e-16,
        history_size=20, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        optimizer.zero_grad()
        value = loss(layer, layer(x), t)
        value.backward()
        return value

    optimizer.step(closure)
    return float(loss(layer, layer(x), t))


def layer_of(inputs, outputs, device):
    made = nn.Linear(inputs, outputs, device=device, dtype=xp.float64)
    nn.init.zeros_(made.weight)
    nn.init.zeros_(made.bias)
    return made


def test_linear_regression_is_the_closed_form(device):
    data = datasets.load_diabetes()
    x, t = standardised(data.data), (data.target[:, None] - 152) / 77
    layer = layer_of(10, 1, device)
    fit(layer, lambda layer, y, t: losses.mse_loss(y, t), x, t, device)
    ones = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    closed = np.linalg.solve(ones.T @ ones, ones.T @ t)[:, 0]
    np.testing.assert_allclose(layer.weight.detach().numpy()[0], closed[:-1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.bias.detach().numpy()[0], closed[-1], rtol=1e-5, atol=1e-6)
    sklearn = linear_model.LinearRegression().fit(x, t[:, 0])
    np.testing.assert_allclose(layer.weight.detach().numpy()[0], sklearn.coef_, rtol=1e-5, atol=1e-6)


def test_ridge_regression():
    data = datasets.load_diabetes()
    x, t = standardised(data.data), (data.target[:, None] - 152) / 77
    layer = layer_of(10, 1, "cpu")
    fit(layer, lambda layer, y, t: losses.mse_loss(y, t, reduction="sum") + 5.0 * xp.sum(layer.weight**2), x, t, "cpu")
    sklearn = linear_model.Ridge(alpha=5.0).fit(x, t[:, 0])
    np.testing.assert_allclose(layer.weight.detach().numpy()[0], sklearn.coef_, rtol=1e-5, atol=1e-6)


def penalised(loss, c):
    """scikit-learn's objective: c times the sum of the losses, and half of the squares of the weights."""
    return lambda layer, y, t: c * loss(y, t) + 0.5 * xp.sum(layer.weight**2)


def test_logistic_regression():
    data = datasets.load_breast_cancer()
    x, t = standardised(data.data), data.target[:, None].astype(float)
    layer = layer_of(30, 1, "cpu")
    loss = penalised(lambda y, t: losses.binary_cross_entropy_with_logits(y, t, reduction="sum"), 0.5)
    fit(layer, loss, x, t, "cpu")
    sklearn = linear_model.LogisticRegression(C=0.5, tol=1e-10, max_iter=5000).fit(x, data.target)
    np.testing.assert_allclose(layer.weight.detach().numpy(), sklearn.coef_, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.bias.detach().numpy(), sklearn.intercept_, rtol=1e-4, atol=1e-5)
    probabilities = nn.functional.sigmoid(layer(xp.asarray(x, device="cpu"))).detach().numpy()[:, 0]
    np.testing.assert_allclose(probabilities, sklearn.predict_proba(x)[:, 1], atol=1e-5)


def test_softmax_regression(device):
    data = datasets.load_iris()
    x, t = standardised(data.data), data.target.astype(np.int64)
    layer = layer_of(4, 3, device)
    fit(layer, penalised(lambda y, t: losses.cross_entropy(y, t, reduction="sum"), 1.0), x, t, device)
    sklearn = linear_model.LogisticRegression(C=1.0, tol=1e-10, max_iter=5000).fit(x, data.target)
    np.testing.assert_allclose(layer.weight.detach().numpy(), sklearn.coef_, rtol=1e-4, atol=1e-5)
    bias = layer.bias.detach().numpy()
    np.testing.assert_allclose(bias - bias.mean(), sklearn.intercept_ - sklearn.intercept_.mean(), rtol=1e-4, atol=1e-5)
    probabilities = nn.functional.softmax(layer(xp.asarray(x, device=device)), dim=1).detach().numpy()
    assert_close(probabilities.sum(axis=1), np.ones(150), "float64")
    assert (probabilities.argmax(axis=1) == sklearn.predict(x)).all()
