"""What to write in the place of functions and methods on arrays, which NumPy and PyTorch often have as both."""

__all__ = ["FUNCTIONS", "METHODS"]

# Names of functions that are names of methods as well.
FUNCTIONS = {
    "view": "xnn.reshape(x, shape)",
    "swapdims": "xnn.matrix_transpose(x)  # of the last two; xnn.permute_dims(x, axes) of any",
    "unsqueeze": "xnn.expand_dims(x, axis=axis)",
    "expand": "xnn.broadcast_to(x, shape)",
    "unbind": "xnn.unstack(x, axis=axis)",
    "clone": "xnn.asarray(x, copy=True)",
    "clamp": "xnn.clip(x, low, high)",
    "gather": "xnn.take_along_axis(x, indices, axis=axis)",
    "erf erfc erfinv digamma logit logsumexp": "xnn.special.{name}(x)",
    "relu sigmoid": "xnn.nn.functional.{name}(x)",
    "softmax log_softmax": "xnn.nn.functional.{name}(x, dim=axis)",
    "mm bmm mv": "x @ y",
    "norm": "xnn.linalg.vector_norm(x)  # or matrix_norm",
    "det inv pinv cholesky qr svd slogdet": "xnn.linalg.{name}(x)",
    "inverse": "xnn.linalg.inv(x)",
    "matrix_power": "xnn.linalg.matrix_power(x, n)",
    "numel": "x.size",
}

_ELEMENTWISE = (
    "acos acosh asin asinh atan atanh ceil cos cosh expm1 floor isfinite isinf isnan log10 log1p log2 reciprocal "
    "sign sin sinh tan tanh trunc"
)

# Those of them that arrays have as methods.
_METHODS = frozenset(["clone", "flatten", "ravel", "swapaxes", "unsqueeze", "view"])

METHODS = {
    **{" ".join(n for n in names.split() if n not in _METHODS): cure for names, cure in FUNCTIONS.items()},
    # functions of the array API standard, which are methods in NumPy and PyTorch
    _ELEMENTWISE: "xnn.{name}(x)",
    "index_select": "xnn.{name}(x, axis, indices)",
    "masked_fill": "xnn.{name}(x, mask, value)",
    "masked_select": "xnn.{name}(x, mask)",
    "unique": "xnn.{name}(x)",
    "count_nonzero": "xnn.{name}(x, axis=axis)",
    "diff": "xnn.{name}(x)",
    "matmul": "x @ y",
    "add": "x + y",
    "sub subtract": "x - y",
    "mul multiply": "x * y",
    "div divide": "x / y",
    "neg": "-x",
    "eq": "x == y",
    "ne": "x != y",
    "lt": "x < y",
    "le": "x <= y",
    "gt": "x > y",
    "ge": "x >= y",
    "flip": "xnn.flip(x, axis=axis)",
    "roll": "xnn.roll(x, n, axis=axis)",
    "tile": "xnn.tile(x, (n,))",
    "t": "x.T",
    "H mH adjoint": "xnn.conj(x.mT)",
    # in place
    "add_": "x += y",
    "sub_": "x -= y",
    "mul_": "x *= y",
    "div_": "x /= y",
    "copy_": "x[...] = y",
    "fill fill_": "x[...] = value",
    "zero_": "x[...] = 0  # of gradients: optimizer.zero_grad()",
    "clamp_": "x = xnn.clip(x, low, high)",
    # data types and devices
    "type": "xnn.astype(x, dtype)  # x.dtype is the present one",
    "type_as": "xnn.astype(x, y.dtype)",
    "float": "xnn.astype(x, xnn.float32)",
    "double": "xnn.astype(x, xnn.float64)",
    "half": "xnn.astype(x, xnn.float16)",
    "bfloat16": "xnn.astype(x, xnn.bfloat16)",
    "int": "xnn.astype(x, xnn.int32)",
    "long": "xnn.astype(x, xnn.int64)",
    "bool": "xnn.astype(x, xnn.bool)",
    "get_device": "x.device",
    "is_cuda": 'str(x.device).startswith("cupy")',
    "block_until_ready": "xnn.synchronize(x.device)",
    "dim": "x.ndim",
    "nelement": "x.size",
    "element_size": "x.dtype.itemsize",
    "is_floating_point": "x.dtype.is_floating",
    "contiguous": "x  # an Array has no strides",
    "flags ctypes": "x.detach().numpy().{name}",
    "base": "x.copy()  # no Array is a view of another: a write to one leaves the other as it is",
    "flat": "x.ravel()",
    "put": "x = x.at[0].set(value)",
    "byteswap newbyteorder": "x.detach().numpy().byteswap()  # an Array is in the machine's byte order",
    "new_zeros": "xnn.zeros(shape, dtype=x.dtype, device=x.device)",
    "new_tensor": "xnn.asarray(obj, dtype=x.dtype, device=x.device)",
    # the graph
    "detach_": "x = x.detach()",
    "requires_grad_": "x.requires_grad = True",
    "grad_fn creator": "x.requires_grad, x.is_leaf",
    "constant": "not x.requires_grad",
    "null_grad zero_grad": "x.grad = None",
    # out of the library
    "asnumpy to_numpy get": "x.detach().numpy()",
    "to_list": "x.tolist()",
    "tobytes tofile dump dumps": "x.detach().numpy().{name}",
}
