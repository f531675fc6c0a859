"""What is loaded when it is first asked for: NumPy's names beyond the standard, by the chapter that has them."""

__all__ = ["CHAPTER_OF", "LATER"]

LATER: dict[str, tuple[str, ...]] = {
    "aliases": (
        "absolute", "amax", "amin", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "around",
        "asanyarray", "ascontiguousarray", "bitwise_not", "concatenate", "conjugate", "copy", "cumprod", "cumsum",
        "fabs", "invert", "left_shift", "mod", "ndim", "permute", "power", "promote_types", "right_shift", "shape",
        "size", "transpose", "true_divide",
    ),
    "arithmetic": (
        "addcdiv", "addcmul", "angle", "cbrt", "deg2rad", "degrees", "divmod", "exp2", "fix", "float_power", "fmax",
        "fmin", "fmod", "frac", "heaviside", "i0", "lerp", "logaddexp2", "modf", "nan_to_num", "rad2deg", "radians",
        "real_if_close", "rint", "rsqrt", "sgn", "sinc",
    ),
    "averages": ("aminmax", "average", "corrcoef", "cov", "ptp", "std_mean", "var_mean"),
    "bits": ("bitwise_count", "frexp", "gcd", "lcm", "ldexp"),
    "building": (
        "block_diag", "diag", "diag_embed", "diag_indices", "diagflat", "geomspace", "identity", "indices", "ix_",
        "logspace", "tri", "tril_indices", "tril_indices_from", "triu_indices", "triu_indices_from", "vander",
    ),
    "calculus": ("cumulative_trapezoid", "ediff1d", "gradient", "interp", "trapezoid", "unwrap"),
    "contractions": ("cross", "dot", "einsum", "einsum_path", "inner", "kron", "matvec", "outer", "vdot", "vecmat"),
    "correlations": ("convolve", "correlate"),
    "error_state": ("errstate", "geterr", "seterr"),
    "functional_tools": ("apply_along_axis", "apply_over_axes", "fromfunction", "vectorize"),
    "histograms": (
        "bincount", "bucketize", "digitize", "histc", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd",
    ),
    "index_tricks": ("c_", "index_exp", "mgrid", "ndenumerate", "ndindex", "ogrid", "r_", "s_"),
    "joining": (
        "append", "array_split", "block", "chunk", "column_stack", "delete", "dsplit", "dstack", "hsplit", "hstack",
        "insert", "row_stack", "split", "vsplit", "vstack",
    ),
    "nan_statistics": (
        "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd",
        "nansum", "nanvar",
    ),
    "order_statistics": ("median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"),
    "ordering": (
        "argpartition", "cummax", "cummin", "kthvalue", "lexsort", "logcumsumexp", "mode", "partition", "sort_complex",
        "topk", "unique_consecutive",
    ),
    "polynomials": (
        "poly", "polyadd", "polyder", "polydiv", "polyfit", "polyint", "polymul", "polysub", "polyval", "roots",
    ),
    "predicates": (
        "allclose", "array_equal", "array_equiv", "isclose", "iscomplex", "iscomplexobj", "isneginf", "isposinf",
        "isreal", "isrealobj", "isscalar",
    ),
    "scattering": (
        "index_add", "index_copy", "index_fill", "put_along_axis", "scatter", "scatter_add", "scatter_reduce",
        "segment_max", "segment_mean", "segment_min", "segment_prod", "segment_sum",
    ),
    "selection": (
        "argwhere", "choose", "compress", "extract", "flatnonzero", "index_select", "mask_indices", "masked_fill",
        "masked_select", "piecewise", "ravel_multi_index", "select", "unravel_index",
    ),
    "set_operations": ("in1d", "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique"),
    "shapes": (
        "atleast_1d", "atleast_2d", "atleast_3d", "flatten", "fliplr", "flipud", "pad", "ravel", "resize", "rollaxis",
        "rot90", "sliding_window_view", "swapaxes", "trim_zeros", "unflatten",
    ),
    "traces": ("diagonal", "trace"),
    "type_names": (
        "bool_", "byte", "cdouble", "complexfloating", "csingle", "double", "dtype", "floating", "generic", "half",
        "inexact", "int_", "intc", "integer", "intp", "issubdtype", "long", "longlong", "number", "short",
        "signedinteger", "single", "ubyte", "uint", "uintc", "uintp", "ulong", "ulonglong", "unsignedinteger",
        "ushort",
    ),
    "windows": ("bartlett", "blackman", "hamming", "hanning", "kaiser"),
    "writing": ("copyto", "fill_diagonal", "place", "put", "putmask"),
}  # fmt: skip

CHAPTER_OF = {name: chapter for chapter, names in LATER.items() for name in names}
