import numpy as np
import pytest

import xnn as xp
from tests import optional
from xnn import nn, optim
from xnn.data import Dataset, load_mnist
from xnn.errors import LabelError, OptionError, ShapeError
from xnn.random import Generator
from xnn.train import accuracy, models, predict, train_epoch


@pytest.fixture
def digits():
    train, test = load_mnist(device="cpu")
    return [Dataset(data.inputs[:n], data.labels[:n]) for data, n in ((train, 500), (test, 100))]


@pytest.fixture
def float64():
    before = xp.get_default_dtype()
    xp.set_default_dtype(xp.float64)
    yield
    xp.set_default_dtype(before)


class Recorder(nn.Module):
    """Gives logits 0 for two classes, and remembers what it saw."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(xp.zeros((1, 2), device="cpu"))
        self.seen = []
        self.modes = []

    def forward(self, x):
        self.seen.append(x[:, 0].tolist())
        self.modes.append(self.training)
        return x @ self.weight


def numbers(n):
    return Dataset(
        xp.reshape(xp.arange(n, dtype=xp.float32, device="cpu"), (-1, 1)),
        xp.zeros(n, dtype=xp.int64, device="cpu"),
    )


def test_an_epoch_takes_every_example_once_and_in_random_order():
    model, steps = Recorder(), []
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    options = {"batch_size": 4, "generator": Generator(3), "after_step": lambda: steps.append(1)}
    loss = train_epoch(model, numbers(10), optimizer, **options)
    assert [len(batch) for batch in model.seen] == [4, 4, 2]
    assert len(steps) == 3
    order = [int(x) for batch in model.seen for x in batch]
    assert order == Generator(3).permutation(10, device="cpu").tolist()
    assert sorted(order) == list(range(10)) != order
    assert loss == pytest.approx(np.log(2), rel=1e-6)


def test_the_mean_loss_weighs_the_last_batch_by_its_size():
    model = Recorder()
    optimizer = optim.SGD(model.parameters(), lr=0.0)

    def loss(logits, labels):
        return xp.mean(xp.zeros(len(labels), device="cpu") + float(len(labels))) + xp.sum(logits) * 0

    assert train_epoch(model, numbers(10), optimizer, batch_size=4, loss=loss) == pytest.approx(
        3.6
    )  # (4*4 + 4*4 + 2*2) / 10


def test_the_default_stream_orders_where_no_generator_is_given():
    model = Recorder()
    xp.random.manual_seed(3)
    train_epoch(model, numbers(10), optim.SGD(model.parameters(), lr=0.0), batch_size=10)
    assert model.seen[0] == Generator(3).permutation(10, device="cpu").tolist()


def test_modes(digits):
    model = Recorder()
    model.eval()
    train_epoch(model, numbers(4), optim.SGD(model.parameters()), batch_size=4)
    assert accuracy(model, numbers(4), batch_size=3) == 1
    assert model.modes == [True, False, False]
    assert model.training
    model.eval()
    predict(model, numbers(4).inputs)
    assert not model.training


def test_each_module_gets_its_own_mode_back():
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(1, 2, device="cpu"), nn.Dropout(0.5))
    model[2].eval()  # a frozen layer
    predict(model, numbers(4).inputs)
    accuracy(model, numbers(4))
    assert [module.training for module in model.modules()] == [True, True, True, False]


def test_another_default_type(float64):
    """Images, weights and sums are of one type."""
    train, test = [Dataset(data.inputs[:60], data.labels[:60]) for data in load_mnist(device="cpu")]
    assert train.inputs.dtype is xp.float64
    with xp.use_device("cpu"):
        model = models.build("mlp")
    assert train_epoch(model, train, optim.SGD(model.parameters(), lr=0.1)) > 0
    assert 0 <= accuracy(model, test) <= 1


def test_a_loss_of_another_type_than_the_default():
    model = nn.Linear(1, 2, device="cpu").to(dtype=xp.float64)
    data = Dataset(xp.ones((3, 1), dtype=xp.float64, device="cpu"), numbers(3).labels)
    assert train_epoch(model, data, optim.SGD(model.parameters())) > 0


def test_no_examples():
    model, data = Recorder(), numbers(0)
    message = r"at least one example to train on or predict; inputs have shape \(0, 1\). Cure: look at what selected"
    with pytest.raises(ShapeError, match=message):
        train_epoch(model, data, optim.SGD(model.parameters()))
    with pytest.raises(ShapeError, match=message):
        predict(model, data.inputs)
    with pytest.raises(ShapeError, match=message):
        accuracy(model, data)


@pytest.mark.parametrize("size", [0, -1])
def test_batches_of_nothing(size):
    with pytest.raises(OptionError, match=f"a batch has at least 1 example; got batch_size={size}"):
        predict(Recorder(), numbers(3).inputs, batch_size=size)


def test_the_mode_comes_back_after_an_error():
    model = Recorder()
    with pytest.raises(Exception, match="matmul"):
        predict(model, xp.zeros((2, 3), device="cpu"))
    assert model.training


def test_predictions_are_off_the_graph():
    class Watching(Recorder):
        def forward(self, x):
            result = super().forward(x)
            assert not result.requires_grad
            return result

    predict(Watching(), numbers(4).inputs)


def test_accuracy_counts(digits):
    _, test = digits
    model = models.build("softmax").to("cpu")
    logits = test.inputs.numpy().reshape(100, 784) @ model.state_dict()["1.weight"].numpy().T
    logits = logits + model.state_dict()["1.bias"].numpy()
    expected = logits.argmax(1)
    assert predict(model, test.inputs, batch_size=33).tolist() == expected.tolist()
    assert accuracy(model, test, batch_size=33) == (expected == test.labels.numpy()).mean()


@pytest.mark.parametrize("name", models.MODELS)
def test_every_model_learns(digits, name):
    train, test = digits
    xp.random.manual_seed(0)
    with xp.use_device("cpu"):
        model = models.build(name)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    losses = [train_epoch(model, train, optimizer, batch_size=50) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    assert accuracy(model, test) > 0.5


def test_a_label_that_no_output_stands_for(digits):
    train, _ = digits
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 5, device="cpu"))
    with pytest.raises(LabelError, match="labels are from 0 to 4"):
        train_epoch(model, train, optim.SGD(model.parameters()))


class Gives(nn.Module):
    """Gives what it is given, in another shape."""

    def __init__(self, shape=None):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x if self.shape is None else xp.reshape(x, (x.shape[0], *self.shape))


@pytest.mark.needs("sklearn")
@pytest.mark.parametrize("shape", [(), (1,)])
@pytest.mark.parametrize(
    "label", [(xp.int64, ()), (xp.float32, ()), (xp.float32, (1,)), (xp.bool, ()), (xp.uint8, (1,))]
)
def test_one_logit_says_the_class_by_its_sign(shape, label, device):
    """As scikit-learn's decision function, trained on the same examples."""
    linear_model = optional.module("sklearn.linear_model")
    random = np.random.default_rng(0)
    x = np.asarray(random.normal(size=(64, 3)), np.float32)
    y = (x @ [1.0, -2.0, 0.5] + random.normal(size=64) > 0.3).astype(np.int64)
    theirs = linear_model.LogisticRegression().fit(x, y)
    layer = nn.Linear(3, 1, device=device)
    layer.load_state_dict({"weight": theirs.coef_.astype(np.float32), "bias": theirs.intercept_.astype(np.float32)})
    model = nn.Sequential(layer, Gives(shape))
    dtype, more = label
    labels = xp.reshape(xp.astype(xp.asarray(y, device=device), dtype), (64, *more))
    data = Dataset(xp.asarray(x, device=device), labels)
    np.testing.assert_array_equal(predict(model, data.inputs, batch_size=10).numpy(), theirs.predict(x))
    assert accuracy(model, data) == pytest.approx(theirs.score(x, y), abs=1e-12)
    chances = nn.Sequential(model, nn.Sigmoid())
    np.testing.assert_array_equal(predict(chances, data.inputs, threshold=0.5).numpy(), theirs.predict(x))
    assert accuracy(chances, data, threshold=0.5) == accuracy(model, data)


def test_probabilities_are_not_taken_for_logits_without_a_word(device):
    x = xp.asarray([[0.1], [0.2], [1.0]], device=device)
    with pytest.warns(UserWarning, match="taken for a logit") as told:
        assert accuracy(Gives(), Dataset(x, xp.asarray([0, 0, 1], device=device))) == 1 / 3  # the run goes on
    assert [str(warning.message) for warning in told] == [
        "one output an example is taken for a logit; all that came are from 0 to 1, as probabilities are. "
        "Cure: threshold=0.5 for probabilities, threshold=0.0 for logits."
    ]
    assert predict(Gives(), x, threshold=0.5).tolist() == [0, 0, 1]
    assert predict(Gives(), x, threshold=0.0).tolist() == [1, 1, 1]


def test_what_is_nan_is_of_no_class(device):
    nan = float("nan")
    one = xp.asarray([[nan], [-1.0], [2.0]], device=device)
    assert predict(Gives(), one).tolist() == [-1, 0, 1]
    assert accuracy(Gives(), Dataset(one, xp.asarray([0, 0, 1], device=device))) == pytest.approx(2 / 3)
    several = xp.asarray([[nan, 1.0], [2.0, nan], [0.0, 1.0]], device=device)
    assert predict(Gives(), several).tolist() == [-1, -1, 1]
    labels = xp.asarray([0, 1, 1], dtype=xp.uint8, device=device)
    assert accuracy(Gives(), Dataset(several, labels)) == pytest.approx(1 / 3)


def test_a_prediction_for_each_pixel_counts_each(device):
    x = xp.asarray(np.random.default_rng(0).normal(size=(4, 3, 2, 2)), device=device)
    labels = xp.argmax(x, axis=1)
    assert accuracy(Gives(), Dataset(x, labels)) == 1.0
    assert accuracy(Gives(), Dataset(x, (labels + 1) % 3)) == 0.0


@pytest.mark.parametrize("shape", [(3, 2), (3, 1)])
def test_labels_are_not_broadcast(shape):
    x = xp.asarray([[-1.0, 0.0], [2.0, 1.0], [3.0, 0.0]], device="cpu")
    labels = xp.zeros(shape, dtype=xp.int64, device="cpu")
    if shape == (3, 1):
        assert accuracy(Gives(), Dataset(x, labels)) == pytest.approx(2 / 3)
        return
    with pytest.raises(ShapeError) as raised:
        accuracy(Gives(), Dataset(x, labels))
    assert str(raised.value) == (
        "accuracy takes one label for each prediction, of shape (3,); got labels (3, 2). "
        "Cure: class numbers; of one-hot rows they are xnn.argmax(labels, axis=1)."
    )


def test_a_threshold_is_for_one_output():
    with pytest.raises(OptionError, match="Cure: leave it out; the largest output says the class"):
        predict(Gives(), xp.zeros((2, 3), device="cpu"), threshold=0.5)


@pytest.mark.parametrize(
    ("forward", "came"),
    [
        (xp.sum, "shape ()"),
        (lambda x: xp.sum(x, axis=0), "shape (2,)"),
        (lambda x: (x, x), "tuple"),
        (lambda x: None, "NoneType"),
    ],
)
def test_a_model_that_gives_no_outputs_for_each_input(forward, came):
    class Other(nn.Module):
        def forward(self, x):
            return forward(x)

    with pytest.raises(ShapeError) as raised:
        predict(Other(), xp.zeros((3, 2), device="cpu"))
    assert str(raised.value) == (
        f"a model gives outputs for each input: (k, classes), (k, 1) or (k,); got {came} for 3 inputs. "
        "Cure: a model whose forward returns its logits alone."
    )
