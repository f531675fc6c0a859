import numpy as np
import pytest

import xnn as xp
from tests import cuda_emulation
from tests.tolerances import assert_close
from xnn import nn, optim
from xnn.data import Dataset, dataset
from xnn.errors import DeviceMismatchError, OptionError, ShapeError
from xnn.train import train_epoch

pytestmark = pytest.mark.every_device


@pytest.fixture
def seven():
    labels = xp.arange(7, device="cpu")
    return Dataset(xp.stack([labels, labels * 10], axis=1), labels)


def test_batches_as_they_lie(seven):
    assert len(seven) == 7
    assert [labels.tolist() for _, labels in seven.batches(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [inputs.tolist() for inputs, _ in seven.batches(5)][1] == [[5, 50], [6, 60]]


def test_batches_in_an_order_keep_labels_beside_inputs(seven):
    order = xp.asarray([6, 0, 5, 0], device="cpu")
    batches = list(seven.batches(3, order))
    assert [labels.tolist() for _, labels in batches] == [[6, 0, 5], [0]]
    assert [inputs.tolist() for inputs, _ in batches] == [[[6, 60], [0, 0], [5, 50]], [[0, 0]]]


@pytest.mark.parametrize("block", [1, 6, 8, 1000])
def test_batches_are_gathered_some_at_a_time(seven, block, monkeypatch):
    monkeypatch.setattr(dataset, "BLOCK", block)
    taken = []
    monkeypatch.setattr(
        Dataset, "take", lambda self, indices, take=Dataset.take: taken.append(1) or take(self, indices)
    )
    order = xp.asarray([6, 5, 4, 3, 2, 1, 0, 6], device="cpu")
    for size, lengths in ((3, [3, 3, 2]), (2, [2] * 4), (8, [8]), (9, [8])):
        del taken[:]
        batches = list(seven.batches(size, order))
        assert [len(labels) for _, labels in batches] == lengths
        assert xp.concat([labels for _, labels in batches]).tolist() == order.tolist()
        assert all((inputs[:, 1] == labels * 10).tolist() == [True] * len(labels) for inputs, labels in batches)
        per_take = max(1, block // 2 // size)  # an input has two numbers
        assert len(taken) == -(-len(lengths) // per_take)


def test_no_batches_of_nothing(seven):
    none = Dataset(seven.inputs[:0], seven.labels[:0])
    assert list(none.batches(3)) == list(none.batches(3, xp.zeros((0,), dtype=xp.int64, device="cpu"))) == []
    assert list(none.batches(3, device="cpu")) == []


def test_batches_on_another_device(seven, device):
    order = xp.asarray([6, 0, 5, 0], device="cpu")
    for size, chosen in ((3, order), (2, order), (9, order), (3, None)):
        batches = list(seven.batches(size, chosen, device))
        expected = list(seven.batches(size, chosen))
        assert len(batches) == len(expected)
        for came, right in zip(batches, expected, strict=True):
            assert [x.device for x in came] == [device, device]
            assert [x.tolist() for x in came] == [x.tolist() for x in right]
            assert [x.dtype for x in came] == [x.dtype for x in right]


@pytest.mark.needs("cuda_emulation")
def test_a_batch_is_sent_during_the_work_on_the_one_before(seven):
    """From pinned memory on a stream of its own; the host waits for nothing."""
    import cupy

    assert cupy.cuda.get_current_stream() == cupy.cuda.Stream.null
    batches = seven.batches(2, None, "cupy:cuda:0")
    with cuda_emulation.count() as counts:
        first = next(batches)
        sent = counts.h2d
        more = list(batches)
    assert sent == 4  # inputs and labels of the first batch, and of the second
    assert (counts.h2d, counts.d2h, counts.synchronisations) == (8, 0, 0)
    assert first[1].tolist() == [0, 1]
    assert [labels.tolist() for _, labels in more] == [[2, 3], [4, 5], [6]]
    assert cupy.cuda.get_current_stream() == cupy.cuda.Stream.null


def test_an_epoch_with_data_of_the_host(device):
    def trained(where, **options):
        xp.random.manual_seed(0)
        x = xp.random.normal((20, 3), device="cpu")
        data = Dataset(x, xp.astype(x[:, 0] > x[:, 1], xp.int64))
        model = nn.Linear(3, 2, device=where)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        loss = train_epoch(model, data, optimizer, batch_size=8, generator=xp.random.Generator(1), **options)
        return loss, model.weight.detach().numpy()

    came, expected = trained(device, device=device), trained("cpu")
    assert_close(came[0], expected[0], "float32")
    assert_close(came[1], expected[1])


def test_to_another_device(seven):
    pytest.importorskip("array_api_strict", reason="array-api-strict stands for another device")
    moved = seven.to("strict:device1")
    assert str(moved.device) == str(moved.labels.device) == "strict:device1"
    order = xp.asarray([3, 1], device="strict:device1")
    assert next(moved.batches(2, order))[0].tolist() == [[3, 30], [1, 10]]
    assert str(seven.device) == "numpy:cpu"


def test_different_lengths():
    message = r"one label for each input; inputs have shape \(2, 3\), labels \(3,\). Cure:"
    with pytest.raises(ShapeError, match=message):
        Dataset(xp.zeros((2, 3), device="cpu"), xp.zeros(3, device="cpu"))
    with pytest.raises(ShapeError, match="one label for each input"):
        Dataset(xp.zeros((), device="cpu"), xp.zeros((), device="cpu"))


def test_two_devices():
    message = (
        r"lies on one device; inputs are on 'numpy:cpu', labels on 'strict:device1'. "
        r"Cure: labels.to_device\(inputs.device\)."
    )
    with pytest.raises(DeviceMismatchError, match=message):
        Dataset(xp.zeros((2, 3), device="cpu"), xp.zeros(2, device="strict:device1"))


@pytest.mark.parametrize("size", [0, -3])
def test_batch_size(seven, size):
    with pytest.raises(OptionError, match=f"a batch has at least 1 example; got batch_size={size}"):
        next(seven.batches(size))


@pytest.mark.parametrize("kind", ["raw", "list", "Array"])
def test_raw_arrays_and_lists_are_taken(kind):
    """To the default device, or to that of the other, if it is an Array."""
    x, y = np.arange(6.0).reshape(3, 2), np.asarray([0, 1, 1])
    for device in ("numpy:cpu", "strict:device1"):
        given = {"raw": (x, y), "list": (x.tolist(), y.tolist()), "Array": (xp.asarray(x, device=device), y)}[kind]
        with xp.use_device(device if kind != "Array" else "numpy:cpu"):
            data = Dataset(*given)
        assert str(data.device) == device
        assert (data.inputs.dtype, data.labels.dtype) == (xp.float32 if kind == "list" else xp.float64, xp.int64)
        inputs, labels = next(data.batches(2))
        assert (inputs.tolist(), labels.tolist()) == ([[0.0, 1.0], [2.0, 3.0]], [0, 1])


def test_raw_arrays_of_different_lengths():
    with pytest.raises(
        ShapeError, match=r"inputs have shape \(3, 2\), labels \(2,\)\. Cure: the same size of dimension 0"
    ):
        Dataset(np.zeros((3, 2)), np.zeros(2))


@pytest.mark.parametrize("wrong", [None, "mnist"])
def test_what_is_no_array(wrong):
    with pytest.raises(TypeError, match=rf"labels are a {type(wrong).__name__}\. Cure: xnn\.asarray\."):
        Dataset(np.zeros((3, 2)), wrong)
