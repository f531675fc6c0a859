"""Where xnn departs from the library below it, on purpose, with what it gives instead."""

from functools import partial

import numpy as np

import xnn
from tests.array_api.draws import Call
from tests.array_api.standard import look_up
from xnn_backends.dtypes import BY_NAME

# One default floating type and one default integer type on every backend, whatever the library's own are.
FLOAT_BY_DEFAULT = {"empty", "eye", "fft.fftfreq", "fft.rfftfreq", "linspace", "ones", "zeros"}
BY_VALUE = {"arange": lambda args: args, "asarray": lambda args: args[0], "full": lambda args: args[1]}

# Creation functions make Arrays, of raw arrays too.
MAKES_ARRAYS = FLOAT_BY_DEFAULT | BY_VALUE.keys() | {
    "empty_like", "from_dlpack", "full_like", "ones_like", "zeros_like",
}  # fmt: skip
WITHOUT_VALUES = {"empty", "empty_like"}


def with_default_dtype(name, call):
    """The call with the data type written out that xnn promises where none is given."""
    if call.kwargs.get("dtype") is not None or isinstance(call.args[0], np.ndarray):
        return call
    if name in FLOAT_BY_DEFAULT:
        return Call(call.args, {**call.kwargs, "dtype": xnn.float32})
    if name in BY_VALUE:
        kind = np.asarray(BY_VALUE[name](call.args)).dtype.kind
        dtype = {"b": "bool", "i": "int64", "u": "uint64", "f": "float32", "c": "complex64"}[kind]
        return Call(call.args, {**call.kwargs, "dtype": BY_NAME[dtype]})
    return call


# ---- written in the library's own functions, where xnn's definition rounds in another order ----


def of_complex(name):
    """A transform of complex numbers, for which real ones are taken."""

    def transform(xp, x, /, **kwargs):
        return getattr(xp.fft, name)(x if xp.isdtype(x.dtype, "complex floating") else complexified(xp, x), **kwargs)

    return transform


def complexified(xp, x):
    """A real array in the complex type of its precision."""
    return xp.astype(x, xp.complex128 if x.dtype == xp.float64 else xp.complex64)


def rfftn(xp, x, /, *, s=None, axes=None, norm="backward"):
    """The last of the axes is transformed first, and then the others."""
    axes = tuple(range(x.ndim)) if axes is None else axes
    x = xp.fft.rfft(x, n=s and s[-1], axis=axes[-1], norm=norm)
    return xp.fft.fftn(x, s=s and s[:-1], axes=axes[:-1], norm=norm) if len(axes) > 1 else x


def irfftn(xp, x, /, *, s=None, axes=None, norm="backward"):
    """The last of the axes is transformed after the others."""
    axes = tuple(range(x.ndim)) if axes is None else axes
    if len(axes) > 1:
        x = xp.fft.ifftn(x, s=s and s[:-1], axes=axes[:-1], norm=norm)
    return xp.fft.irfft(x, n=s and s[-1], axis=axes[-1], norm=norm)


OPPOSITE = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def hfft(xp, x, /, *, n=None, axis=-1, norm="backward"):
    """By irfft, of which it is the other direction."""
    return xp.fft.irfft(xp.conj(x), n=n, axis=axis, norm=OPPOSITE[norm])


def ihfft(xp, x, /, *, n=None, axis=-1, norm="backward"):
    """By rfft, of which it is the other direction."""
    return xp.conj(xp.fft.rfft(x, n=n, axis=axis, norm=OPPOSITE[norm]))


def cholesky(xp, x, /, *, upper=False):
    """The upper factor is the adjoint of the lower one."""
    factor = xp.linalg.cholesky(x)
    if upper:
        factor = xp.matrix_transpose(factor)
    return xp.conj(factor) if upper and xp.isdtype(factor.dtype, "complex floating") else factor


DEFINITIONS = {
    **{f"fft.{name}": of_complex(name) for name in ("fft", "fftn", "ifft", "ifftn")},
    "fft.hfft": hfft,
    "fft.ihfft": ihfft,
    "fft.irfftn": irfftn,
    "fft.rfftn": rfftn,
    "linalg.cholesky": cholesky,
    # NumPy's own, where array-api-compat divides complex numbers by a size that may overflow
    "sign": lambda xp, x, /: (np if isinstance(x, np.ndarray) else xp).sign(x),
    # one function under two names; PyTorch's second one rounds otherwise
    "linalg.vecdot": lambda xp, x, y, /, **kwargs: xp.vecdot(x, y, **kwargs),
}

# Computed by xnn's own formula, in which the library's functions round otherwise: equal to the table of tolerances.
CLOSE = {"expm1": "complex", "linalg.matrix_power": "any", "linalg.pinv": "any", "mean": "complex"}


def is_close_enough(name, call):
    """Whether a result need not have the library's last bit."""
    return CLOSE.get(name) == "any" or (CLOSE.get(name) == "complex" and call.args[0].dtype.kind == "c")


# ---- where a library is wrong: NumPy's result, by the table of tolerances ----


def always(call):
    return True


def of_unsigned(call):
    return call.args[0].dtype.kind == "u"


def over_no_axes(call):
    return call.kwargs.get("axis") == ()


SUMS = ("cumulative_prod", "cumulative_sum", "linalg.trace", "prod", "sum")
WRONG = {
    # it asks whether a cast is of one kind, as int8 to uint8, and not what promotion says
    ("can_cast", "torch"): always,
    # it sums unsigned integers as int64
    **{(name, "torch"): of_unsigned for name in SUMS},
    # invert=True is not heeded
    ("isin", "strict"): always,
    # over no axes it is 0, whatever the number and the correction
    **{(name, "torch"): over_no_axes for name in ("std", "var")},
}


def is_wrong(name, backend, call):
    """Whether the library's result is none to go by."""
    return WRONG.get((name, backend), lambda call: False)(call)


# ---- elements that tests/array_api/test_special_cases.py has, with what the standard says of them ----


def is_complex(x):
    return np.asarray(x).dtype.kind == "c"


def infinite_operand(out, x, y):
    return np.isinf(x) | np.isinf(y) if out.dtype.kind == "f" else False


def infinite_or_zero(out, x, y):
    return np.isinf(x) | np.isinf(y) | (out == 0) if out.dtype.kind == "f" else False


def not_finite(out, x):
    return ~(np.isfinite(x) & np.isfinite(out)) if is_complex(x) else False


def zero_operand(out, x):
    return x == 0 if is_complex(x) else False


LEFT_OUT = {
    ("sign", "strict"): zero_operand,
    ("floor_divide", None): infinite_operand,
    ("expm1", None): not_finite,
    ("tanh", None): not_finite,
    ("remainder", None): infinite_or_zero,
    ("acos", "torch"): zero_operand,
    ("acosh", "cupy"): not_finite,
    ("log", "cupy"): not_finite,
    ("log1p", "cupy"): not_finite,
    ("log1p", "torch"): not_finite,
}


def left_out(name, backend, out, call):
    """A mask over a result: which elements are not held against the library here."""
    for who in (backend, None):
        if found := LEFT_OUT.get((name, who)):
            return np.broadcast_to(found(out, *call.args), out.shape)
    return np.zeros(out.shape, dtype=bool)


def function_of(xp, name):
    """A function of a library, as it is or as written here."""
    return partial(DEFINITIONS[name], xp) if name in DEFINITIONS else look_up(xp, name)
