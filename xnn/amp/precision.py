"""Which primitives autocast computes in the low type, and which in float32, by their names.

They are those of PyTorch's lists for CUDA (docs.pytorch.org/docs/stable/amp.html, "CUDA Ops that can autocast"), whose
kernels CuPy shares; what stands here beside these lists says so.
"""

from __future__ import annotations

# Products: half of the memory, and tensor cores.
LOW = {
    "attention_weights", "conv", "conv_transpose", "gru", "gru_states", "linear", "lstm", "lstm_states", "matmul",
    "prelu", "rnn", "rnn_states", "vecdot",
}  # fmt: skip

# What needs float32's range, or adds up many numbers.
FULL = {
    "acos", "asin", "cosh", "cumulative_prod", "cumulative_sum", "erfinv", "exp", "expm1", "log", "log10", "log1p",
    "log2", "log_softmax", "logaddexp", "logsumexp", "pow", "prod", "reciprocal", "sinh", "softmax", "softplus", "sum",
    "tan", "vector_norm",
    # Sums, too; and a softmax.
    "masked_softmax", "mean", "std", "var",
    # Norms: that of groups and that of layers are on the list, and the others are made of the same.
    "group_norm", "layer_norm", "local_response_norm", "normalize_channels", "rms_norm", "scale_channels",
    "standardize", "standardize_channels",
    # Losses, and what they are made of.
    "along_normalised", "binary_cross_entropy", "binary_cross_entropy_of_logits", "ctc", "entr", "kl_div", "log_add",
    "negative_log_likelihood", "rel_entr", "soft_cross_entropy", "softmax_cross_entropy", "xlog1py", "xlogy",
    # On PyTorch's list for the CPU: neither LAPACK nor an FFT has half precision.
    "_complex", "_eigvals", "_half_to_real", "_real_to_half", "cholesky", "det", "eig", "eigh", "eigvalsh", "inv",
    "matrix_rank", "pinv", "qr", "slogdet", "solve", "svd", "svdvals",
}  # fmt: skip
