"""Functions of the namespace: an Array gives an Array, a raw array its own type."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn.typing import DeviceLike, Shape

x = xp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
raw = np.zeros((3, 2), np.float32)
mask = np.ones((3, 2), np.bool_)
reveal_type(x)  # is: Array
reveal_type(xp.exp(x))  # is: Array
reveal_type(xp.exp(raw))  # is: ndarray
reveal_type(xp.add(x, 1.0))  # is: Array
reveal_type(xp.add(2, x))  # is: Array
reveal_type(xp.add(raw, np.float32(1.0)))  # is: ndarray
reveal_type(xp.equal(x, 1))  # is: Array
reveal_type(xp.where(mask, x, 0.0))  # is: Array
reveal_type(xp.where(mask, 0.0, x))  # is: Array
reveal_type(xp.where(x > 1, 1.0, 0.0))  # is: Array
reveal_type(xp.where(mask, 1.0, 0.0))  # is: ndarray
reveal_type(xp.clip(x, 0, max=raw))  # is: Array
xp.exp("a")  # error
xp.exp(1.0)  # error
xp.add([1.0], x)  # error
xp.where(x, "a", 1.0)  # error

# ---- creation ----

reveal_type(xp.zeros((2, 3), dtype="float32", device="cpu"))  # is: Array
reveal_type(xp.full(3, x[0, 0], dtype=raw.dtype))  # is: Array
reveal_type(xp.arange(0, np.int64(3), dtype=np.float32))  # is: Array
reveal_type(xp.ones_like(raw))  # is: Array
reveal_type(xp.meshgrid(x[0], x[1], indexing="ij"))  # is: tuple[Array, ...]
reveal_type(xp.from_dlpack(raw))  # is: Array
xp.asarray({"a": 1})  # error
xp.zeros("3")  # error
xp.zeros(3, device=0)  # error
xp.zeros(3, type="float32")  # error
xp.meshgrid(x, indexing="yx")  # error


def noise(shape: Shape, device: DeviceLike | None = None) -> xp.Array:
    return xp.random.normal(shape, std=2.0, device=device)


reveal_type(xp.random.Generator(3).uniform((2,), low=-1.0))  # is: Array
reveal_type(xp.random.permutation(3))  # is: Array
xp.random.normal((2,), scale=2.0)  # error
xp.random.uniform(3, 0.0, 1.0, "float32")  # error
reveal_type(xp.random.normal(0.0, 1.0, size=(2, 3)))  # is: Array
reveal_type(xp.random.normal(loc=x, scale=raw))  # is: Array
reveal_type(xp.random.Generator(3).gamma(x, 2.0, (2, 3)))  # is: Array
reveal_type(xp.random.poisson(raw, dtype="int32"))  # is: Array
reveal_type(xp.random.permutation(raw))  # is: ndarray
reveal_type(xp.random.permutation([1, 2]))  # is: Array
reveal_type(xp.random.choice(5, 3, replace=False))  # is: Array
reveal_type(xp.random.choice(raw, 3, p=[0.5, 0.5]))  # is: ndarray
reveal_type(xp.random.Generator(3).spawn(2))  # is: list[Generator]
reveal_type(xp.random.RandomState(3).randn(2, 3))  # is: Array
xp.random.gamma(2.0, shape=(2,), sizes=3)  # error
xp.random.poisson("3")  # error

# ---- shapes, axes, parts ----

reveal_type(xp.sum(raw, axis=(0, 1), keepdims=True))  # is: ndarray
reveal_type(xp.argmax(x, axis=-1))  # is: Array
reveal_type(xp.reshape(x, (-1,)))  # is: Array
reveal_type(xp.concat([x, x], axis=1))  # is: Array
reveal_type(xp.stack((raw, raw)))  # is: ndarray
reveal_type(xp.unstack(x))  # is: tuple[Array, ...]
reveal_type(xp.take(x, np.asarray([0])))  # is: Array
reveal_type(xp.unique_all(x).counts)  # is: Array
reveal_type(xp.astype(raw, xp.float64))  # is: ndarray
reveal_type(xp.isdtype(x.dtype, ("real floating", xp.int8)))  # is: bool
reveal_type(xp.result_type(x, raw, xp.int8, 1))  # is: DType
reveal_type(xp.finfo(x).eps)  # is: float
reveal_type(xp.float64([1, 2]))  # is: Array
reveal_type(xp.half)  # is: DType
reveal_type(xp.issubdtype(x.dtype, xp.floating) and xp.issubdtype(np.int8, np.integer))  # is: bool
np.zeros(3, dtype=x.dtype)
xp.zeros(3, dtype=xp.floating)  # error
xp.sum(x, axis="rows")  # error
xp.sum(x, dim=0)  # error
xp.concat(x, "1")  # error
xp.searchsorted(x[0], x[1], side="middle")  # error
xp.sum(x, axis=0).anything()  # error

# ---- extensions ----

values, vectors = xp.linalg.eigh(x)
reveal_type(vectors)  # is: Array
reveal_type(xp.linalg.svd(raw).S)  # is: ndarray
reveal_type(xp.linalg.matrix_norm(x, ord="nuc"))  # is: Array
reveal_type(xp.fft.rfft(x, norm="ortho"))  # is: Array
reveal_type(xp.fft.fftfreq(3, device="cpu"))  # is: Array
reveal_type(xp.special.erf(raw))  # is: ndarray
reveal_type(xp.special.logsumexp(x, axis=1))  # is: Array
reveal_type(xp.special.logsumexp(x, return_sign=True))  # is: tuple[Array, Array]
xp.linalg.qr(x, mode="full")  # error
xp.linalg.matrix_norm(x, ord="frobenius")  # error
xp.fft.fft(x, norm="unitary")  # error
xp.special.erf(0.5)  # error
