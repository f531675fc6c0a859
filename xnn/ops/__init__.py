"""The primitives, in chapters: those of the array API standard, some in several files, and others for what it lacks."""

import importlib as _importlib
import types as _types
from collections import abc as _abc

from xnn.autograd.graph import frontend as _frontend
from xnn_backends import Namespace as _Namespace
from xnn_backends.dtypes import BY_NAME as _BY_NAME

from . import (
    comparison,
    complex_numbers,
    creation,
    cumulative,
    data_types,
    elementwise,
    exponential,
    extrema,
    indexing,
    interchange,
    linear_algebra,
    logic,
    manipulation,
    repetitions,
    rounding,
    searching,
    sets,
    sorting,
    statistical,
    trigonometric,
    utility,
)
from .later import LATER as _LATER

__all__ = [
    "CHAPTERS", "EXTENSIONS", "comparison", "complex_numbers", "creation", "cumulative", "data_types", "elementwise",
    "exponential", "extension", "extrema", "indexing", "interchange", "linear_algebra", "logic", "manipulation",
    "repetitions", "rounding", "searching", "sets", "sorting", "statistical", "trigonometric", "utility",
]  # fmt: skip

CHAPTERS = (
    comparison, complex_numbers, creation, cumulative, data_types, elementwise, exponential, extrema, indexing,
    interchange, linear_algebra, logic, manipulation, repetitions, rounding, searching, sets, sorting, statistical,
    trigonometric, utility,
)  # fmt: skip
# Loaded when they are first asked for: the standard's extensions, NumPy's other names, special functions, networks'.
EXTENSIONS = {
    "linalg": (
        "linear_algebra", "products", "diagonals", "norms", "determinants", "solving", "decompositions", "eigenvalues",
        "triangular", "lu_factors", "least_squares", "exponentials", "structured_matrices", "matrix_functions",
    ),
    "fft": ("fourier", "planes", "cosine_transforms", "short_time_fourier"),
    "neural": (
        "activation", "adaptive_pooling", "attention", "batchnorm", "binary", "classification", "conv", "ctc",
        "dropout", "embedding", "folding", "grid_sampling", "linear", "normalization", "padding", "pooling", "position",
        "rectifier", "recurrent", "softmax", "unpooling", "upsampling",
    ),
    "numpy": tuple(_LATER),
    "special": (
        "special", "bessel_functions", "cylindrical_bessel", "entropies", "error_functions", "factorials",
        "gamma_functions", "incomplete_gamma", "incomplete_beta", "modified_bessel", "zeta_function",
        "elliptic_integrals", "exponential_integrals", "lambert", "orthogonal_polynomials",
    ),
}  # fmt: skip


def extension(name: str) -> tuple[_types.ModuleType, ...]:
    """The chapters of an extension."""
    return tuple(_importlib.import_module(f"{__name__}.{chapter}") for chapter in EXTENSIONS[name])


class _Extensions:
    """Where the namespace of rules looks for what it does not have yet."""

    def __getattr__(self, name: str) -> _Namespace:
        if name not in EXTENSIONS:
            raise AttributeError(f"the array API standard has no {name!r}")
        return _Namespace(_types.SimpleNamespace(), **_public(extension(name)))


def _public(chapters: _abc.Iterable[_types.ModuleType]) -> dict[str, object]:
    return {
        name: value
        for chapter in chapters
        for name, value in vars(chapter).items()
        if name[0] != "_" and getattr(value, "__module__", "") == chapter.__name__
    }


# What a rule or a definition finds in `xp` when it runs on Arrays.
_frontend.xp = _Namespace(_Extensions(), **_BY_NAME, **_public(CHAPTERS))


def __dir__() -> list[str]:
    return __all__
