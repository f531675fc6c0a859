import pytest

import xnn as xp
from xnn.data import Dataset
from xnn.errors import DeviceMismatchError, OptionError, ShapeError


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
