"""What a training step launches on CUDA, and how many bytes its kernels touch, against the least: counted, not timed.

The emulation counts launches; the bytes of a launch are those of the arrays that it is given. A step is the
cross-entropy of a model of xnn.train, its gradients, and Adam.
"""

import math

import pytest

import xnn as xp
from tests import cuda_emulation
from tests.models.test_cuda_step import prepared, step
from xnn.nn import functional as F

pytestmark = pytest.mark.needs("cuda_emulation")
GPU = "cupy:cuda:0"
BATCH, CLASSES = 32, 10


def floats(*shapes):
    """Bytes of float32 arrays."""
    return 4 * sum(map(math.prod, shapes))


def bias():
    """cuBLAS's product, and CuPy's addition of a bias."""
    return [("cupy_add", None)]


def relu(*shape):
    return [("relu_forward", floats(shape, shape))]


def relu_back(*shape):
    """The output is read, not the input: so a network keeps one array of each."""
    return [("relu_backward", floats(shape, shape, shape))]


def loss():
    """Logits are read once each way, and their gradient is written; two numbers a row are kept."""
    logits, row, part = (BATCH, CLASSES), (BATCH, 2), (2, 2)
    return [
        ("labels_fit", 8 * BATCH + 1),
        ("cupy_logical_and", None),  # that check, which is put off, joins those before it
        ("cross_entropy", floats(logits, row, part) + 8 * BATCH),
        ("cross_entropy_reduced", floats(part, (2,))),
        ("cupy_fill", None),  # the gradient of the loss
        ("cross_entropy_back", floats(logits, logits, row, (2,)) + 8 * BATCH),
    ]


def bias_back():
    return [("cupy_sum", None)]


def adam(count):
    """Parameters, both moments; the gradients, as large as one of these, are read by their addresses."""
    return [("adam", floats((count,), (count,), (count,)))]


def columns(channels, taps, pixels):
    """Images, and their windows side by side."""
    return [("unfold", floats((BATCH, channels, pixels), (BATCH, channels, taps, pixels)))]


def conv(channels, outputs, pixels):
    """Windows, one product, and what lays its rows out as images and adds the bias."""
    shape = (BATCH, outputs, pixels)
    return [*columns(channels, 9, pixels), ("images_of_rows", floats(shape, shape, (outputs,)))]


def conv_back(channels, outputs, pixels, is_first=False):
    """g as rows; by the input a product and fold; windows anew, and by the weights a product; by the bias."""
    image, windows = (BATCH, channels, pixels), (BATCH, channels, 9, pixels)
    by_input = [] if is_first else [("fold", floats(windows, image))]
    return [("cupy_copy", None), *by_input, *columns(channels, 9, pixels), *bias_back()]


def max_pool(channels, pixels):
    """The places of the maxima, in 32 bits, are kept."""
    image, pooled = (BATCH, channels, pixels), (BATCH, channels, pixels // 4)
    return [("max_pool", floats(image, pooled, pooled))]


def max_pool_back(channels, pixels):
    image, pooled = (BATCH, channels, pixels), (BATCH, channels, pixels // 4)
    return [("max_pool_back", floats(image, pooled, pooled))]


def dropout(*shape):
    """Both ways: the numbers are drawn anew, and no mask is kept."""
    return [("dropped", floats(shape, shape))]


HIDDEN, PIXELS = (BATCH, 128), 28 * 28
LAST = [*bias(), *loss(), *bias_back()]

# Launch by launch, in order; with each the bytes of what it reads and writes, or None where the kernel is CuPy's own.
LEAST = {
    "mlp": [
        *bias(), *relu(*HIDDEN), *LAST, *relu_back(*HIDDEN), *bias_back(),
        *adam(784 * 128 + 128 + 128 * 10 + 10),
    ],
    "cnn": [
        *conv(1, 32, PIXELS), *relu(BATCH, 32, PIXELS), *max_pool(32, PIXELS),
        *conv(32, 64, PIXELS // 4), *relu(BATCH, 64, PIXELS // 4), *max_pool(64, PIXELS // 4),
        *dropout(BATCH, 64, PIXELS // 16), *bias(), *relu(*HIDDEN), *dropout(*HIDDEN),
        *LAST,
        *dropout(*HIDDEN), *relu_back(*HIDDEN), *bias_back(), *dropout(BATCH, 64, PIXELS // 16),
        *max_pool_back(64, PIXELS // 4), *relu_back(BATCH, 64, PIXELS // 4), *conv_back(32, 64, PIXELS // 4),
        *max_pool_back(32, PIXELS), *relu_back(BATCH, 32, PIXELS), *conv_back(1, 32, PIXELS, is_first=True),
        *adam(9 * 32 + 32 + 9 * 32 * 64 + 64 + 49 * 64 * 128 + 128 + 128 * 10 + 10),
    ],
}  # fmt: skip
# Products by cuBLAS: one forwards and two backwards of each layer, but for the gradient by the images.
PRODUCTS = {"mlp": 3 * 2 - 1, "cnn": 3 * 4 - 1}


@pytest.fixture
def touched(monkeypatch):
    """Name and bytes of the arrays of each launch of our kernels since."""
    import cupy

    from xnn_backends.cupy_kernels.sources import Source

    seen, plain = [], Source.kernel

    def kernel(self, name, dtype, **defines):
        work = plain(self, name, dtype, **defines)

        def launch(grid, block, arguments):
            seen.append((name, sum(x.nbytes for x in arguments if isinstance(x, cupy.ndarray))))
            work(grid, block, arguments)

        launch.compile = work.compile
        return launch

    monkeypatch.setattr(Source, "kernel", kernel)
    return seen


@pytest.mark.parametrize("name", LEAST)
def test_a_step(name, touched):
    model, optimizer, digits = prepared(name, GPU, BATCH)
    for _ in range(2):  # makes the optimizer's state, and the flag of the check that is put off
        step(model, optimizer, digits.inputs, digits.labels)
    touched.clear()
    with cuda_emulation.count() as counts:
        step(model, optimizer, digits.inputs, digits.labels)
    assert [kernel.split("__")[0] for kernel in counts.kernels] == [kernel for kernel, _ in LEAST[name]]
    least = [(kernel, size) for kernel, size in LEAST[name] if size is not None]
    assert touched == least
    assert len(counts.calls) == PRODUCTS[name]
    assert (counts.d2h, counts.h2d, counts.d2d, counts.peer, counts.synchronisations) == (0, 0, 0, 0, 0), counts
    assert counts.allocations == 0  # all memory is the pool's


def launches(call, *shapes):
    """How many launches a function of ones of these shapes takes, and its gradients."""
    arrays = [xp.ones(shape, device=GPU) for shape in shapes]
    for x in arrays:
        x.requires_grad = True
    counted = []
    for _ in range(2):  # the first compiles, and some arrays of CuPy's are made once
        with cuda_emulation.count() as forth:
            out = call(*arrays)
        with cuda_emulation.count() as back:
            out.backward(out.detach())
        counted = [forth.launches, back.launches]
        for x in arrays:
            x.grad = None
    return counted


IMAGES, CHANNEL, ROWS = (4, 6, 5, 5), (6,), (8, 16)
FUNCTIONS = {
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (16,), w, b), [ROWS, (16,), (16,)], [1, 2]),
    "rms_norm": (lambda x, w: F.rms_norm(x, (16,), w), [ROWS, (16,)], [1, 2]),
    "group_norm": (lambda x, w, b: F.group_norm(x, 2, w, b), [IMAGES, CHANNEL, CHANNEL], [1, 2]),
    "batch_norm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), [IMAGES, CHANNEL, CHANNEL], [1, 2],
    ),
    "softmax": (lambda x: F.softmax(x, 1), [IMAGES], [1, 1]),
    "log_softmax": (lambda x: F.log_softmax(x, 1), [ROWS], [1, 1]),
    "gelu": (F.gelu, [ROWS], [1, 1]),
    "linear": (F.linear, [(2, 3, 4), (5, 4), (5,)], [1, 1]),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2, padding=1), [IMAGES], [1, 1]),
    "conv_transpose2d": (F.conv_transpose2d, [IMAGES, (6, 3, 2, 2), (3,)], [2, 4]),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function(name):
    call, shapes, expected = FUNCTIONS[name]
    assert launches(call, *shapes) == expected


def test_a_step_of_a_recurrent_layer_is_one_launch_each_way():
    """Beside its product; four steps more take four launches more."""
    with xp.use_device(GPU):
        layer = xp.nn.LSTM(3, 4)
    counted = [launches(lambda x: layer(x)[0], (length, 2, 3)) for length in (4, 8)]
    assert [long - short for short, long in zip(*counted, strict=True)] == [4, 4]
