"""What PyTorch has of its own, special functions; and what it refuses, transforms of an empty batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .namespace import Namespace
from .protocol import Kernel

# It has ndtr and logit too: the one is 0 from -9 on, the other loses its digits near 1 / 2.
ELEMENTWISE = (
    "digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "i0e", "i1e", "log_ndtr", "ndtri", "xlog1py",
    "xlogy",
)  # fmt: skip


def elementwise(name: str) -> Kernel:
    """PyTorch's function of that name; of half precision, which it lacks for some of them, through float32."""

    def forward(xp: Any, *arrays: Any) -> tuple[Any, None]:
        import torch

        function, dtype = getattr(torch.special, name), arrays[0].dtype
        if dtype in (torch.float16, torch.bfloat16):
            return function(*(x.to(torch.float32) for x in arrays)).to(dtype), None
        return function(*arrays), None

    return Kernel(forward)


def mended(name: str, even: bool) -> Kernel:
    """The same, with x or |x| at infinity: PyTorch's i0 and i1 are NaN there, and its gammaln is infinite at -inf."""

    def forward(xp: Any, x: Any) -> tuple[Any, None]:
        import torch

        out, _ = elementwise(name).forward(xp, x)
        return torch.where(torch.isinf(x), torch.abs(x) if even else x, out), None

    return Kernel(forward)


def special_functions() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    kernels = {name: elementwise(name) for name in ELEMENTWISE}
    return kernels | {"i0": mended("i0", True), "i1": mended("i1", False), "gammaln": mended("gammaln", False)}


def fourier(module: Any) -> Namespace:
    """The namespace `fft`, whose transforms take arrays without elements too: with MKL, PyTorch raises for them."""
    names = ("fft", "ifft", "fftn", "ifftn", "rfft", "irfft")
    return Namespace(module, **{name: _of_any_size(getattr(module, name)) for name in names})


def _of_any_size(transform: Callable[..., Any]) -> Callable[..., Any]:
    def transform_any(x: Any, **options: Any) -> Any:
        if x.numel():
            return transform(x, **options)
        transformed = options["axes"] if "axes" in options else (options["axis"],)
        out = transform(x.new_zeros([size or 1 for size in x.shape]), **options)
        none = [slice(0 if size == 0 and i not in transformed else None) for i, size in enumerate(x.shape)]
        return out[tuple(none)]

    return transform_any
