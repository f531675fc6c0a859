"""One row, or several, for each primitive: how it is called, on what operands, and what NumPy says to it."""

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from tests.oracle import F as torch_functional
from tests.oracle import torch, torch_xp
from xnn import ops
from xnn.autograd import Primitive
from xnn.ops import indexing, neural

FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int64", "int32", "uint8")
INTEGERS = ("int64", "int32", "uint8")
ANY = (*NUMBERS, "bool")
INTEGERS_AND_BOOL = (*INTEGERS, "bool")


class Operand(NamedTuple):
    """An operand: its shape, and the values it may have. Of the row's data type, unless the domain says another."""

    shape: tuple[int, ...]
    domain: str = "real"


class Row(NamedTuple):
    """`call(xp, *arrays)` is run with xnn, and with NumPy and torch where `numpy` and `torch` are None."""

    id: str
    primitive: str
    call: Callable[..., Any]
    operands: tuple[Operand, ...]
    dtypes: tuple[str, ...] = FLOATS
    numpy: Callable[..., Any] | None = None
    torch: Callable[..., Any] | None = None
    differentiable: bool = True


def values(operand, dtype, seed):
    """An operand's values: a NumPy array that is the same in each run."""
    random = np.random.default_rng(seed)
    shape, domain = operand
    if domain.startswith("below "):  # int64 indices
        return random.integers(0, int(domain[6:]), shape)
    if domain == "bool" or dtype == "bool":
        return random.random(shape) < 0.5
    if not dtype.startswith("float"):
        low, high = {"real": (0 if dtype[0] == "u" else -9, 10), "shift": (0, 4)}.get(domain, (1, 6))
        return random.integers(low, high, shape).astype(dtype)
    if domain == "distinct":  # maxima and kinks are far from each other, from 0, and from the other operand's
        flat = (random.permutation(int(np.prod(shape))) - np.prod(shape) // 2 + 0.2 + 0.2 * (seed % 4)) * 0.4
        return np.reshape(flat, shape).astype(dtype)
    low, high = {"real": (-2, 2), "positive": (0.4, 2.5), "above -1": (-0.6, 2)}[domain]
    return random.uniform(low, high, shape).astype(dtype)


def operands(row, dtype):
    """The row's operands as NumPy arrays."""
    return [values(o, dtype, zlib.crc32(row.id.encode()) + i) for i, o in enumerate(row.operands)]


def numpy_reference(row):
    """What NumPy says."""
    return row.numpy or partial(row.call, np)


def torch_reference(row):
    """What torch says."""
    return row.torch or partial(row.call, torch_xp)


def function(name, *arguments, **options):
    return lambda xp, *arrays: getattr(xp, name)(*arrays, *arguments, **options)


def elementwise(name, domain="real", arity=1, dtypes=FLOATS, differentiable=True):
    shapes = [(2, 3), (2, 3)][:arity]
    return Row(
        name, name, function(name), tuple(Operand(s, domain) for s in shapes), dtypes, differentiable=differentiable
    )


def reduction(name, dtypes=FLOATS, differentiable=True, domain="distinct", **more):
    options = [
        {},
        {"axis": 1},
        {"axis": (0, -1), "keepdims": True},
        {"axis": -2, "keepdims": True},
        *({"axis": 0, **more},) * bool(more),
    ]
    return [
        Row(
            f"{name}{i}",
            name,
            function(name, **o),
            (Operand((2, 3, 2), domain),),
            dtypes,
            differentiable=differentiable,
        )
        for i, o in enumerate(options)
    ]


def arg_reduction(name):
    return [
        Row(f"{name}{i}", name, function(name, **o), (Operand((2, 3), "distinct"),), NUMBERS, differentiable=False)
        for i, o in enumerate([{}, {"axis": 1}, {"axis": 0, "keepdims": True}])
    ]


def image(name, static, *shapes, torch=None):
    def call(xp, *arrays):
        return getattr(neural, name)(*arrays, **static)

    def numpy(*arrays):
        return torch(*map(_tensor, arrays)).numpy()

    return Row(f"{name}{shapes[0]}", name, call, tuple(Operand(s, "distinct") for s in shapes), FLOATS, numpy, torch)


def _tensor(x):
    return torch.asarray(np.ascontiguousarray(x))


def activation(name, torch_function, **static):
    def call(xp, x):
        return getattr(neural, name)(x, **static)

    def numpy(x):
        return torch_function(_tensor(x)).numpy()

    return Row(name + "".join(map(str, static.values())), name, call, (Operand((2, 3)),), FLOATS, numpy, torch_function)


def index(id, key, shape=(3, 4), **options):
    """x[key] of a key made by a function of (array maker, x)."""
    return [
        Row(f"getitem {id}", "_getitem", lambda xp, x: x[key], (Operand(shape),), ANY),
        Row(
            f"setitem {id}",
            "_setitem",
            lambda xp, x, v: indexing.setitem(x, key, v),
            (Operand(shape), Operand(np.empty(shape)[key].shape)),
            ANY,
            lambda x, v: _assigned(np.copy(x), key, v),
            lambda x, v: _assigned(x.clone(), key, v),
        ),
        Row(
            f"scatter_add {id}",
            "_scatter_add",
            lambda xp, x, v: indexing.scatter_add(x, key, v),
            (Operand(shape), Operand(np.empty(shape)[key].shape)),
            NUMBERS,
            lambda x, v: _added(x, key, v),
            lambda x, v: x + _assigned(torch.zeros_like(x), key, v),
        ),
    ]


def _assigned(x, key, value):
    x[key] = value
    return x


def _added(x, key, value):
    x = np.copy(x)
    np.add.at(x, key, value)
    return x


WINDOWS = {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}

ROWS = [
    *(elementwise(n, arity=2, dtypes=NUMBERS) for n in ("add", "subtract", "multiply")),
    elementwise("divide", "positive", 2, NUMBERS),
    elementwise("pow", "positive", 2, NUMBERS),
    Row("pow 3", "pow", lambda xp, x: xp.pow(x, 3), (Operand((2, 3)),), ("float32", "float64", "int64")),
    Row("2 pow", "pow", lambda xp, x: xp.pow(2.0, x), (Operand((2, 3)),)),
    elementwise("floor_divide", "positive", 2, NUMBERS, differentiable=False),
    elementwise("remainder", "positive", 2, NUMBERS),
    *(elementwise(n, "distinct", 2, NUMBERS) for n in ("maximum", "minimum")),
    *(elementwise(n, dtypes=("float32", "float64", "int64")) for n in ("negative", "positive", "square")),
    elementwise("abs", "distinct", dtypes=("float32", "float64", "int64")),
    *(elementwise(n, "positive") for n in ("reciprocal", "sqrt", "log")),
    *(elementwise(n) for n in ("exp", "expm1", "sin", "cos", "tanh")),
    elementwise("log1p", "above -1"),
    *(elementwise(n, dtypes=NUMBERS, differentiable=False) for n in ("sign", "floor", "isfinite", "isnan")),
    *(
        elementwise(n, arity=2, dtypes=ANY if "qual" in n and "_" not in n else NUMBERS, differentiable=False)
        for n in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    ),
    *(elementwise(n, arity=2, dtypes=("bool",), differentiable=False) for n in ("logical_and", "logical_or")),
    elementwise("logical_not", dtypes=("bool",), differentiable=False),
    *(
        elementwise(f"bitwise_{n}", arity=2, dtypes=INTEGERS_AND_BOOL, differentiable=False)
        for n in ("and", "or", "xor")
    ),
    *(elementwise(f"bitwise_{n}_shift", "shift", 2, dtypes=INTEGERS, differentiable=False) for n in ("left", "right")),
    elementwise("bitwise_invert", dtypes=INTEGERS_AND_BOOL, differentiable=False),
    *reduction("sum", (*FLOATS, "int64", "int32")),  # torch has no unsigned sums
    *reduction("mean"),
    *reduction("max", NUMBERS),
    *reduction("min", NUMBERS),
    *reduction("var", domain="real", correction=1.0),
    *reduction("all", ANY, False, "real"),
    *reduction("any", ANY, False, "real"),
    *arg_reduction("argmax"),
    *arg_reduction("argmin"),
    Row(
        "argsort", "argsort", lambda xp, x: xp.argsort(x, axis=-1), (Operand((3, 4), "distinct"),), differentiable=False
    ),
    Row(
        "argsort descending",
        "argsort",
        lambda xp, x: xp.argsort(x, axis=0, descending=True),
        (Operand((3, 4), "distinct"),),
        numpy=lambda x: np.argsort(-x, axis=0),
        differentiable=False,
    ),
    Row("where", "where", function("where"), (Operand((2, 3), "bool"), Operand((2, 3)), Operand((2, 3))), ANY),
    Row("where wide", "where", function("where"), (Operand((2, 1), "bool"), Operand((3,)), Operand((1, 3)))),
    Row("where scalar", "where", lambda xp, c, x: xp.where(c, x, 2.0), (Operand((3,), "bool"), Operand((2, 3)))),
    Row("reshape", "reshape", lambda xp, x: xp.reshape(x, (3, -1)), (Operand((2, 3, 2)),), ANY),
    Row("permute_dims", "permute_dims", lambda xp, x: xp.permute_dims(x, (2, 0, -2)), (Operand((2, 3, 4)),), ANY),
    Row("broadcast_to", "broadcast_to", lambda xp, x: xp.broadcast_to(x, (2, 4, 3)), (Operand((4, 1)),), ANY),
    Row("expand_dims", "expand_dims", lambda xp, x: xp.expand_dims(x, axis=-2), (Operand((2, 3)),), ANY),
    Row("squeeze", "squeeze", lambda xp, x: xp.squeeze(x, axis=(0, -1)), (Operand((1, 2, 1)),), ANY),
    *(Row(f"flip {a}", "flip", function("flip", axis=a), (Operand((2, 3)),), ANY) for a in (None, 0, (0, -1))),
    Row("concat", "concat", lambda xp, x, y: xp.concat([x, y], axis=-1), (Operand((2, 3)), Operand((2, 1))), ANY),
    Row("concat flat", "concat", lambda xp, x, y: xp.concat([x, y], axis=None), (Operand((2, 3)), Operand((4,)))),
    Row("stack", "concat", lambda xp, x, y: xp.stack([x, y], axis=-1), (Operand((2, 3)), Operand((2, 3))), ANY),
    Row("matrix_transpose", "matrix_transpose", function("matrix_transpose"), (Operand((2, 3, 4)),), ANY),
    *(
        Row(f"matmul {a}{b}", "matmul", function("matmul"), (Operand(a), Operand(b)), dtypes)
        for a, b, dtypes in [
            ((2, 3), (3, 4), (*FLOATS, "int64")),
            ((3,), (3,), FLOATS),
            ((3,), (3, 2), FLOATS),
            ((2, 3), (3,), FLOATS),
            ((2, 1, 2, 3), (4, 3, 1), FLOATS),
            ((3,), (2, 3, 4), FLOATS),
            ((2, 2, 3), (3,), FLOATS),
        ]
    ),
    Row(
        "astype",
        "astype",
        lambda xp, x: xp.astype(x, xp.float64),
        (Operand((2, 3)),),
        ANY,
        torch=lambda x: x.to(torch.float64),
    ),
    *index("int", 1),
    *index("ints", (2, -1)),
    *index("slices", (slice(None, None, 2), slice(1, -1))),
    *index("none", (None, ..., 1)),
    Row("gather", "_getitem", lambda xp, x, i: x[i], (Operand((4,)), Operand((5,), "below 4"))),
    Row(
        "gather pairs",
        "_getitem",
        lambda xp, x, i, j: x[i, j],
        (Operand((4, 3)), Operand((5,), "below 4"), Operand((5,), "below 3")),
    ),
    Row(
        "scatter_add repeated",
        "_scatter_add",
        lambda xp, x, i, v: indexing.scatter_add(x, i, v),
        (Operand((4,)), Operand((5,), "below 4"), Operand((5,))),
        numpy=_added,
        torch=lambda x, i, v: x.index_put((i,), v, accumulate=True),
    ),
    *(
        Row(f"take {a}", "take", function("take", axis=a), (Operand((4, 4)), Operand((3,), "below 4")), ANY)
        for a in (0, -1)
    ),
    Row(
        "untake",
        "_untake",
        lambda xp, x, i: indexing._untake(x, i, axis=1, size=4),
        (Operand((2, 3, 2)), Operand((3,), "below 4")),
        numpy=lambda x, i: _added(np.zeros((2, 4, 2), x.dtype), (slice(None), i), x),
        torch=lambda x, i: torch.zeros((2, 4, 2), dtype=x.dtype).index_add(1, i, x),
    ),
    Row(
        "take_along_axis",
        "take_along_axis",
        function("take_along_axis", axis=-2),
        (Operand((4, 2)), Operand((3, 2), "below 4")),
    ),
    activation("relu", torch_functional.relu),
    activation("sigmoid", torch.sigmoid),
    activation("softplus", torch_functional.softplus),
    activation("softmax", partial(torch_functional.softmax, dim=0), axis=0),
    activation("log_softmax", partial(torch_functional.log_softmax, dim=-1), axis=-1),
    Row(
        "linear",
        "linear",
        lambda xp, *a: neural.linear(*a),
        (Operand((2, 2, 3)), Operand((4, 3)), Operand((4,))),
        FLOATS,
        lambda x, w, b: x @ w.T + b,
        torch_functional.linear,
    ),
    image(
        "unfold",
        {"kernel_size": (2, 2), **WINDOWS},
        (1, 2, 3, 4),
        torch=lambda x: torch_functional.unfold(x, (2, 2), (1, 2), (1, 0), (2, 1)).reshape(1, 2, 2, 2, 2, 2),
    ),
    image(
        "fold",
        {"size": (3, 4), **WINDOWS},
        (1, 2, 2, 2, 2, 2),
        torch=lambda x: torch_functional.fold(x.reshape(1, 8, 4), (3, 4), (2, 2), (1, 2), (1, 0), (2, 1)),
    ),
    image(
        "conv",
        {"groups": 2, **WINDOWS},
        (2, 2, 3, 4),
        (4, 1, 2, 2),
        (4,),
        torch=lambda x, w, b: torch_functional.conv2d(x, w, b, (2, 1), (1, 0), (1, 2), 2),
    ),
    image(
        "max_pool",
        {"kernel_size": (2, 2), **WINDOWS},
        (2, 2, 3, 4),
        torch=lambda x: torch_functional.max_pool2d(x, (2, 2), (2, 1), (1, 0), (1, 2)),
    ),
    Row(
        "cross_entropy",
        "cross_entropy",
        lambda xp, x, t: neural.cross_entropy(x, t),
        (Operand((3, 4, 2)), Operand((3, 2), "below 4")),
        FLOATS,
        lambda x, t: torch_functional.cross_entropy(_tensor(x), _tensor(t), reduction="none").numpy(),
        lambda x, t: torch_functional.cross_entropy(x, t, reduction="none"),
    ),
]


def primitives():
    """Every primitive of the library, by name."""
    found = (value for chapter in ops.CHAPTERS for value in vars(chapter).values())
    return {p.name: p for p in found if isinstance(p, Primitive)}
