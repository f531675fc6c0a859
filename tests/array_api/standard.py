"""The names of the array API standard 2025.12 by chapter, and how each is called.

Signatures are facts of the standard, https://data-apis.org/array-api/2025.12/; each line is one function.
"""

import inspect

VERSION = "2025.12"

MAIN = {
    "creation": """
        arange(start, /, stop=None, step=1, *, dtype=None, device=None)
        asarray(obj, /, *, dtype=None, device=None, copy=None)
        empty(shape, *, dtype=None, device=None)
        empty_like(x, /, *, dtype=None, device=None)
        eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)
        from_dlpack(x, /, *, device=None, copy=None)
        full(shape, fill_value, *, dtype=None, device=None)
        full_like(x, /, fill_value, *, dtype=None, device=None)
        linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True)
        meshgrid(*arrays, indexing='xy')
        ones(shape, *, dtype=None, device=None)
        ones_like(x, /, *, dtype=None, device=None)
        tril(x, /, *, k=0)
        triu(x, /, *, k=0)
        zeros(shape, *, dtype=None, device=None)
        zeros_like(x, /, *, dtype=None, device=None)
    """,
    "data types": """
        astype(x, dtype, /, *, copy=True, device=None)
        can_cast(from_, to, /)
        finfo(type, /)
        iinfo(type, /)
        isdtype(dtype, kind)
        result_type(*arrays_and_dtypes)
    """,
    "element-wise": """
        abs(x, /)
        acos(x, /)
        acosh(x, /)
        add(x1, x2, /)
        asin(x, /)
        asinh(x, /)
        atan(x, /)
        atan2(x1, x2, /)
        atanh(x, /)
        bitwise_and(x1, x2, /)
        bitwise_invert(x, /)
        bitwise_left_shift(x1, x2, /)
        bitwise_or(x1, x2, /)
        bitwise_right_shift(x1, x2, /)
        bitwise_xor(x1, x2, /)
        ceil(x, /)
        clip(x, /, min=None, max=None)
        conj(x, /)
        copysign(x1, x2, /)
        cos(x, /)
        cosh(x, /)
        divide(x1, x2, /)
        equal(x1, x2, /)
        exp(x, /)
        expm1(x, /)
        floor(x, /)
        floor_divide(x1, x2, /)
        greater(x1, x2, /)
        greater_equal(x1, x2, /)
        hypot(x1, x2, /)
        imag(x, /)
        isfinite(x, /)
        isinf(x, /)
        isnan(x, /)
        less(x1, x2, /)
        less_equal(x1, x2, /)
        log(x, /)
        log10(x, /)
        log1p(x, /)
        log2(x, /)
        logaddexp(x1, x2, /)
        logical_and(x1, x2, /)
        logical_not(x, /)
        logical_or(x1, x2, /)
        logical_xor(x1, x2, /)
        maximum(x1, x2, /)
        minimum(x1, x2, /)
        multiply(x1, x2, /)
        negative(x, /)
        nextafter(x1, x2, /)
        not_equal(x1, x2, /)
        positive(x, /)
        pow(x1, x2, /)
        real(x, /)
        reciprocal(x, /)
        remainder(x1, x2, /)
        round(x, /)
        sign(x, /)
        signbit(x, /)
        sin(x, /)
        sinh(x, /)
        sqrt(x, /)
        square(x, /)
        subtract(x1, x2, /)
        tan(x, /)
        tanh(x, /)
        trunc(x, /)
    """,
    "indexing": """
        take(x, indices, /, *, axis=None)
        take_along_axis(x, indices, /, *, axis=-1)
    """,
    "inspection": """
        __array_namespace_info__()
    """,
    "linear algebra": """
        matmul(x1, x2, /)
        matrix_transpose(x, /)
        tensordot(x1, x2, /, *, axes=2)
        vecdot(x1, x2, /, *, axis=-1)
    """,
    "manipulation": """
        broadcast_arrays(*arrays)
        broadcast_shapes(*shapes)
        broadcast_to(x, /, shape)
        concat(arrays, /, *, axis=0)
        expand_dims(x, /, axis)
        flip(x, /, *, axis=None)
        moveaxis(x, source, destination, /)
        permute_dims(x, /, axes)
        repeat(x, repeats, /, *, axis=None)
        reshape(x, /, shape, *, copy=None)
        roll(x, /, shift, *, axis=None)
        squeeze(x, /, axis)
        stack(arrays, /, *, axis=0)
        tile(x, repetitions, /)
        unstack(x, /, *, axis=0)
    """,
    "searching": """
        argmax(x, /, *, axis=None, keepdims=False)
        argmin(x, /, *, axis=None, keepdims=False)
        count_nonzero(x, /, *, axis=None, keepdims=False)
        nonzero(x, /)
        searchsorted(x1, x2, /, *, side='left', sorter=None)
        where(condition, x1, x2, /)
    """,
    "sets": """
        isin(x1, x2, /, *, invert=False)
        unique_all(x, /)
        unique_counts(x, /)
        unique_inverse(x, /)
        unique_values(x, /)
    """,
    "sorting": """
        argsort(x, /, *, axis=-1, descending=False, stable=True)
        sort(x, /, *, axis=-1, descending=False, stable=True)
    """,
    "statistical": """
        cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)
        cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)
        max(x, /, *, axis=None, keepdims=False)
        mean(x, /, *, axis=None, keepdims=False)
        min(x, /, *, axis=None, keepdims=False)
        prod(x, /, *, axis=None, dtype=None, keepdims=False)
        std(x, /, *, axis=None, correction=0.0, keepdims=False)
        sum(x, /, *, axis=None, dtype=None, keepdims=False)
        var(x, /, *, axis=None, correction=0.0, keepdims=False)
    """,
    "utility": """
        all(x, /, *, axis=None, keepdims=False)
        any(x, /, *, axis=None, keepdims=False)
        diff(x, /, *, axis=-1, n=1, prepend=None, append=None)
    """,
}

EXTENSIONS = {
    "linalg": """
        cholesky(x, /, *, upper=False)
        cross(x1, x2, /, *, axis=-1)
        det(x, /)
        diagonal(x, /, *, offset=0)
        eig(x, /)
        eigh(x, /)
        eigvals(x, /)
        eigvalsh(x, /)
        inv(x, /)
        matmul(x1, x2, /)
        matrix_norm(x, /, *, keepdims=False, ord='fro')
        matrix_power(x, n, /)
        matrix_rank(x, /, *, rtol=None)
        matrix_transpose(x, /)
        outer(x1, x2, /)
        pinv(x, /, *, rtol=None)
        qr(x, /, *, mode='reduced')
        slogdet(x, /)
        solve(x1, x2, /)
        svd(x, /, *, full_matrices=True)
        svdvals(x, /)
        tensordot(x1, x2, /, *, axes=2)
        trace(x, /, *, offset=0, dtype=None)
        vecdot(x1, x2, /, *, axis=-1)
        vector_norm(x, /, *, axis=None, keepdims=False, ord=2)
    """,
    "fft": """
        fft(x, /, *, n=None, axis=-1, norm='backward')
        fftfreq(n, /, *, d=1.0, dtype=None, device=None)
        fftn(x, /, *, s=None, axes=None, norm='backward')
        fftshift(x, /, *, axes=None)
        hfft(x, /, *, n=None, axis=-1, norm='backward')
        ifft(x, /, *, n=None, axis=-1, norm='backward')
        ifftn(x, /, *, s=None, axes=None, norm='backward')
        ifftshift(x, /, *, axes=None)
        ihfft(x, /, *, n=None, axis=-1, norm='backward')
        irfft(x, /, *, n=None, axis=-1, norm='backward')
        irfftn(x, /, *, s=None, axes=None, norm='backward')
        rfft(x, /, *, n=None, axis=-1, norm='backward')
        rfftfreq(n, /, *, d=1.0, dtype=None, device=None)
        rfftn(x, /, *, s=None, axes=None, norm='backward')
    """,
}

INFO = """
    capabilities()
    default_device()
    default_dtypes(*, device=None)
    devices()
    dtypes(*, device=None, kind=None)
"""

METHODS = """
    __array_namespace__(*, api_version=None)
    __bool__()
    __complex__()
    __dlpack__(*, stream=None, max_version=None, dl_device=None, copy=None)
    __dlpack_device__()
    __float__()
    __getitem__(key, /)
    __index__()
    __int__()
    __setitem__(key, value, /)
    to_device(device, /, *, stream=None)
"""

ATTRIBUTES = ("T", "device", "dtype", "mT", "ndim", "shape", "size")
CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64",
    "complex128",
)  # fmt: skip

UNARY_OPERATORS = {
    "__abs__": "abs", "__invert__": "bitwise_invert", "__neg__": "negative", "__pos__": "positive",
}  # fmt: skip
# Each of them has a form for the array on the right, and one in place.
BINARY_OPERATORS = {
    "__add__": "add", "__and__": "bitwise_and", "__floordiv__": "floor_divide", "__lshift__": "bitwise_left_shift",
    "__matmul__": "matmul", "__mod__": "remainder", "__mul__": "multiply", "__or__": "bitwise_or", "__pow__": "pow",
    "__rshift__": "bitwise_right_shift", "__sub__": "subtract", "__truediv__": "divide", "__xor__": "bitwise_xor",
}  # fmt: skip
COMPARISONS = {
    "__eq__": "equal", "__ge__": "greater_equal", "__gt__": "greater", "__le__": "less_equal", "__lt__": "less",
    "__ne__": "not_equal",
}  # fmt: skip

NAMED_TUPLES = {
    "linalg.eig": ("eigenvalues", "eigenvectors"),
    "linalg.eigh": ("eigenvalues", "eigenvectors"),
    "linalg.qr": ("Q", "R"),
    "linalg.slogdet": ("sign", "logabsdet"),
    "linalg.svd": ("U", "S", "Vh"),
    "unique_all": ("values", "indices", "inverse_indices", "counts"),
    "unique_counts": ("values", "counts"),
    "unique_inverse": ("values", "inverse_indices"),
}


def signatures(chapter):
    """The signatures of a chapter by name."""
    lines = (line.strip() for line in chapter.strip().splitlines())
    found = {}
    for line in lines:
        name, _, rest = line.partition("(")
        found[name] = inspect.signature(eval(f"lambda {rest[:-1]}: None"))
    return found


def functions():
    """Every function of the standard by name, those of extensions as "linalg.inv", with its signature."""
    found = {name: s for chapter in MAIN.values() for name, s in signatures(chapter).items()}
    for extension, chapter in EXTENSIONS.items():
        found |= {f"{extension}.{name}": s for name, s in signatures(chapter).items()}
    return found


def methods():
    """Every special method and attribute that an array has, operators in all their forms."""
    binary = (form for name in BINARY_OPERATORS for form in forms_of(name))
    return {*signatures(METHODS), *ATTRIBUTES, *UNARY_OPERATORS, *COMPARISONS, *binary}


def look_up(namespace, name):
    """A function, of which the name may be "linalg.inv", in a namespace."""
    for part in name.split("."):
        namespace = getattr(namespace, part)
    return namespace


def forms_of(name):
    """The names of a binary operator's three forms."""
    return name, f"__r{name[2:]}", f"__i{name[2:]}"
