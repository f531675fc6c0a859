"""Fits of lifelines to its own data, printed as JSON: with autograd, or with xnn in its place.

python -m tests.consumers.lifelines_fits xnn
"""

import json
import sys
import types

import numpy as np


def put_xnn_in_the_place_of_autograd():
    """What lifelines imports of autograd and of autograd_gamma, by xnn's names."""
    import xnn
    from xnn import special, stats

    xnn.set_default_dtype(xnn.float64)
    transforms = {name: alone(getattr(xnn, name)) for name in ("grad", "hessian", "value_and_grad", "elementwise_grad")}
    gammas = {name: getattr(special, name) for name in ("gammainc", "gammaincc", "gammaln")}
    modules = {
        "autograd": {"numpy": xnn, **transforms},
        "autograd.builtins": {"DictBox": dict},
        "autograd.numpy.numpy_boxes": {"ArrayBox": xnn.Array},
        "autograd.differential_operators": {"make_jvp_reversemode": make_jvp},
        "autograd.misc": {"flatten": xnn.ravel_pytree},
        "autograd.extend": {"primitive": xnn.custom_jvp, "defvjp": defvjp},
        "autograd.scipy": {"stats": stats},
        "autograd_gamma": {
            **gammas,
            "gammaincln": lambda a, x: xnn.log(special.gammainc(a, x)),
            "gammainccln": lambda a, x: xnn.log(special.gammaincc(a, x)),
        },
    }
    for name, members in modules.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    sys.modules["autograd.numpy"], sys.modules["autograd.scipy.stats"] = xnn, stats


def alone(transform):
    """autograd's: arguments that are not differentiated stay what they are, and lifelines gives them to pandas."""

    def of(function, argnum=0):
        def run(*args):
            return transform(lambda x: function(*args[:argnum], x, *args[argnum + 1 :]))(args[argnum])

        return run

    return of


def make_jvp(function):
    """autograd's: make_jvp(f)(x)(v)."""
    import xnn

    return lambda x, *rest: lambda v: xnn.jvp(lambda x: function(x, *rest), (x,), (v,))[1]


def defvjp(function, rule):
    """autograd's, of a function that is one of each element: its derivative is the same forward."""
    function.defjvps(lambda tangent, value, x: rule(value, x)(tangent))


def fits():
    """The estimators of lifelines whose likelihoods autograd differentiates, on the data of its documentation."""
    import lifelines
    from lifelines import datasets

    waltons, rossi = datasets.load_waltons(), datasets.load_rossi()
    times = waltons["T"], waltons["E"]
    for name in ("Weibull", "Exponential", "LogNormal", "LogLogistic", "GeneralizedGamma"):
        yield name, getattr(lifelines, f"{name}Fitter")().fit(*times)
    yield "PiecewiseExponential", lifelines.PiecewiseExponentialFitter([20, 40]).fit(*times)
    yield "Spline", lifelines.SplineFitter(np.percentile(times[0], [5, 50, 95])).fit(*times)
    yield "CoxPH", lifelines.CoxPHFitter(penalizer=0.1, l1_ratio=0.2).fit(rossi, "week", "arrest")
    splines = lifelines.CoxPHFitter(baseline_estimation_method="spline", n_baseline_knots=2)
    yield "CoxPH, splines", splines.fit(rossi, "week", "arrest")
    for name in ("Weibull", "LogNormal", "LogLogistic"):
        yield f"{name}AFT", getattr(lifelines, f"{name}AFTFitter")().fit(rossi, "week", "arrest")


def numbers(model):
    parameters = model.params_ if hasattr(model, "params_") else model._fitted_parameters_
    found = {
        "parameters": parameters,
        "log-likelihood": model.log_likelihood_,
        "errors": np.sqrt(np.diag(model.variance_matrix_)),
    }
    if hasattr(model, "confidence_interval_"):
        found["bounds"] = model.confidence_interval_
    return {key: np.ravel(np.asarray(value, dtype=float)).tolist() for key, value in found.items()}


if __name__ == "__main__":
    if sys.argv[1] == "xnn":
        put_xnn_in_the_place_of_autograd()
    print(json.dumps({name: numbers(model) for name, model in fits()}))
