"""The functions behind the layers: what they take decides what they give."""

from typing import reveal_type

import numpy as np

import xnn as xp
from xnn.nn import functional as F

x: xp.Array = xp.asarray([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
raw = np.zeros((3, 2), np.float32)
images = np.zeros((1, 1, 4, 4), np.float32)
labels = np.zeros((3,), np.int64)

# ---- activations ----

reveal_type(F.relu(x))  # is: Array
reveal_type(F.relu(raw))  # is: ndarray
reveal_type(F.relu(input=x))  # is: Array
reveal_type(F.leaky_relu(x, negative_slope=0.1))  # is: Array
reveal_type(F.gelu(raw, approximate="tanh"))  # is: ndarray
reveal_type(F.glu(x, dim=1))  # is: Array
reveal_type(F.softmax(raw, dim=1, dtype="float64"))  # is: ndarray
reveal_type(F.prelu(x, xp.asarray([0.1])))  # is: Array
F.relu("a")  # error
F.relu()  # error
F.relu(x, 1)  # error
F.leaky_relu(x, slope=0.1)  # error
F.leaky_relu(x, "a")  # error
F.gelu(x, "exact")  # error
F.softmax(x)  # error
F.softmax(x, dim="last")  # error

# ---- what has weights ----

reveal_type(F.linear(x, x, None))  # is: Array
reveal_type(F.conv2d(images, images, padding="same"))  # is: ndarray
reveal_type(F.embedding(labels, x))  # is: Array
reveal_type(F.layer_norm(x, 2, eps=1e-3))  # is: Array
reveal_type(F.layer_norm(raw, (2,), raw[0]))  # is: ndarray
reveal_type(F.batch_norm(x, None, None, training=True))  # is: Array
reveal_type(F.scaled_dot_product_attention(x, x, x, is_causal=True))  # is: Array
F.linear(x, None)  # error
F.conv2d(images, images, padding="full")  # error
F.conv2d(images, images, strides=2)  # error
F.conv2d(images, images, groups=None)  # error
F.layer_norm(x, "2")  # error

# ---- windows ----

reveal_type(F.max_pool2d(images, 2))  # is: ndarray
values, places = F.max_pool2d(images, 2, return_indices=True)
reveal_type(places)  # is: ndarray
reveal_type(F.adaptive_max_pool2d(images, (2, None), return_indices=False))  # is: ndarray
reveal_type(F.avg_pool2d(images, (2, 2), count_include_pad=False))  # is: ndarray
reveal_type(F.interpolate(images, scale_factor=2, mode="bilinear"))  # is: ndarray
reveal_type(F.pad(x, (1, 1), mode="reflect"))  # is: Array
reveal_type(F.pad_sequence([x, x], padding_side="left"))  # is: Array
F.max_pool2d(images)  # error
F.max_pool2d(images, "2")  # error
F.interpolate(images, size=2, mode="cubic")  # error
F.pad(x, 1)  # error

# ---- what draws ----

reveal_type(F.dropout(x, 0.1, generator=xp.random.Generator(0)))  # is: Array
reveal_type(F.gumbel_softmax(raw, hard=True))  # is: ndarray
reveal_type(F.one_hot(labels, num_classes=3))  # is: ndarray
F.dropout(x, 0.1, rng=0)  # error
