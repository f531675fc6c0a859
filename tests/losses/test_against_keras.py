"""Losses that PyTorch lacks against Keras 3.15.1 (KERAS_BACKEND=torch, run once): the numbers of its functions.

Keras's functions give a loss for each row, the mean over the last dimension where the loss is element-wise; the
gradient is that of their sum. It computes some in float32 whatever comes, so that the numbers are held to float32; the
same losses are held to float64 against their formula in tests/losses/test_against_torch.py.
"""

import numpy as np
import pytest

import xnn as xp
from tests.parity import compare
from xnn import losses

X = [[0.3, -1.2, 2.5], [-0.7, 0.1, 1.4]]
SIGNS = [[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]
CLASSES = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
ROWS = [[0.7, 0.2, 0.1], [0.25, 0.35, 0.4]]  # probabilities that sum to 1
SURE = [[0.9, 0.3, 0.6], [0.05, 0.5, 0.8]]
Y = [[0.5, -1.0, 2.0], [1.5, -0.25, 3.0]]
POSITIVE = [[0.5, 1.0, 2.0], [1.5, 0.25, 3.0]]
UNIT = [[0.6, 0.8], [0.8, -0.6], [-0.28, 0.96], [0.0, 1.0]]
ELEMENTWISE = ("hinge", "squared_hinge", "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "log_cosh",
               "binary_focal_crossentropy")  # fmt: skip

# name, target, input, options, the losses, the gradient of their sum
NUMBERS = [
    ("hinge", SIGNS, X, {}, [0.23333333432674408, 1.2000000476837158],
     [[-0.3333333432674408, 0.0, 0.0], [0.3333333432674408, -0.3333333432674408, 0.3333333432674408]]),
    ("hinge", CLASSES, X, {}, [1.399999976158142, 0.46666669845581055],
     [[-0.3333333432674408, 0.0, 0.3333333432674408], [0.3333333432674408, 0.3333333432674408, 0.0]]),
    ("squared_hinge", SIGNS, X, {}, [0.16333332657814026, 2.2200000286102295],
     [[-0.46666666865348816, 0.0, 0.0], [0.20000001788139343, -0.6000000238418579, 1.6000001430511475]]),
    ("categorical_hinge", CLASSES, X, {}, [3.200000047683716, 0.0], [[-1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]),
    ("mean_absolute_percentage_error", Y, X, {}, [28.333333134651184, 113.33333253860474],
     [[-66.66666412353516, -33.33333206176758, 16.66666603088379],
      [-22.22222137451172, 133.3333282470703, -11.11111068725586]]),
    ("mean_squared_logarithmic_error", POSITIVE, SURE, {}, [0.2122008055448532, 0.47447100281715393],
     [[0.08294342458248138, -0.2209143489599228, -0.2619202733039856],
      [-0.5507941246032715, 0.08103181421756744, -0.2957436144351959]]),
    ("log_cosh", Y, X, {}, [0.05328355357050896, 0.8419668078422546],
     [[-0.06579177536904901, -0.0657917753690489, 0.15403905701072476],
      [-0.325247719703621, 0.11212518478703487, -0.3072228606247782]]),
    ("cosine_similarity", Y, X, {}, [-0.9935833248636781, -0.5923837762525362],
     [[-0.0399219260187316, 0.0032178891357645123, 0.006335215545420769],
      [-0.4529087074565321, 0.07147134422239072, -0.23155943549180552]]),
    ("cosine_similarity", Y, X, {"axis": 0}, [0.7474093183155858, -0.9466499217237612, -0.890521871544987],
     [[-0.801818435515498, 0.02222514683776633, 0.07757815946801011],
      [-0.3436364454729812, 0.26670107371352264, -0.13853243923102038]]),
    ("binary_focal_crossentropy", CLASSES, SURE, {}, [0.12100633233785629, 0.06078025698661804],
     [[-0.010727738400603627, 0.11419213504808007, 0.6665163126133954],
      [0.002586969539138859, 0.3977157387061674, -0.04641914155862613]]),
    ("binary_focal_crossentropy", CLASSES, SURE, {"apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0},
     [0.041523855179548264, 0.017567982897162437],
     [[-0.000569590227754564, 0.02697473349088695, 0.3059188072019081],
      [0.0001032557341322708, 0.15397208167271725, -0.004903630300500253]]),
    ("binary_focal_crossentropy", CLASSES, SURE, {"label_smoothing": 0.2}, [0.11871981620788574, 0.06817303597927094],
     [[-0.031207966375648866, 0.11673980721344138, 0.504508005195547],
      [0.01893785127398232, 0.31817259096493394, -0.0642491895045412]]),
    ("binary_focal_crossentropy", CLASSES, X, {"from_logits": True, "gamma": 1.5},
     [0.824766218662262, 0.1265353411436081],
     [[-0.08358189386292554, 0.01985986048937746, 0.36056749181357156],
      [0.04688639987017527, 0.13381439177401974, -0.01357965920605947]]),
    ("categorical_focal_crossentropy", CLASSES, ROWS, {}, [0.008025186238621472, 0.08246616586867395],
     [[-0.025693229620100087, 0.05995086911356689, 0.05995086911356689],
      [0.1999548878248986, 0.1999548878248986, -0.2999323317373479]]),
    ("categorical_focal_crossentropy", CLASSES, ROWS, {"alpha": 0.6, "gamma": 3.0, "label_smoothing": 0.1},
     [0.05544526003153201, 0.12829753361825583],
     [[0.025712271262384068, -0.011760893051549079, -0.1564641127335903],
      [0.2970330246387629, 0.33526461132766056, -0.4790021753109297]]),
    ("categorical_focal_crossentropy", CLASSES, X, {"from_logits": True}, [0.4737760931995404, 0.006672102525052164],
     [[-0.276185793543144, 0.006663540556071398, 0.2695222529870726],
      [0.004725103456653449, 0.010515911134143484, -0.015241014590796931]]),
    ("categorical_focal_crossentropy", CLASSES, ROWS, {"alpha": np.asarray([0.1, 0.2, 0.7])},
     [0.0032100745432824263, 0.2309052604999938],
     [[-0.01027729200118362, 0.02398034800276178, 0.02398034800276178],
      [0.5598736763751241, 0.5598736763751241, -0.8398105145626861]]),
    ("dice", CLASSES, SURE, {}, 0.3398058380620226,
     [[-0.2601564683585195, 0.1281930386638201, 0.1281930386638201],
      [0.1281930386638201, 0.1281930386638201, -0.2601564683585195]]),
    ("dice", CLASSES, SURE, {"axis": -1}, [0.3571428801020399, 0.31914896514259716],
     [[-0.4846938684402333, 0.22959182033527792, 0.22959182033527792],
      [0.28972383229149773, 0.28972383229149773, -0.5613399612802559]]),
    ("tversky", CLASSES, SURE, {"alpha": 0.3, "beta": 0.6}, 0.36090227966532773,
     [[-0.2077562311992881, 0.1441573751071676, 0.1441573751071676],
      [0.1441573751071676, 0.1441573751071676, -0.2077562311992881]]),
    ("tversky", CLASSES, SURE, {"alpha": 0.3, "beta": 0.6, "axis": (1,)}, [0.3877551436901263, 0.32773114893015554],
     [[-0.38872691272816134, 0.24989584271859858, 0.24989584271859858],
      [0.33895905608907656, 0.33895905608907656, -0.44488383173338286]]),
    ("categorical_generalized_cross_entropy", [0, 2], ROWS, {"q": 0.7}, [0.3156344104707871, 0.6763530260947215],
     [[-1.1129370181006415, 0.0, 0.0], [0.0, 0.0, -1.3163822043342375]]),
    ("circle", [0, 1, 0, 2], UNIT, {}, [38.400001525878906, 0.0, 60.92799377441406, 0.0],
     [[35.839996337890625, 5.120021820068359], [-1.2116903985677227e-28, -1.6155871579667565e-28],
      [-76.79999542236328, 51.20000076293945], [33.7920036315918, 249.85598754882812]]),
    ("circle", [0, 1, 0, 2], UNIT, {"gamma": 2.0, "margin": 0.25},
     [1.7800129652023315, 0.0, 2.196117877960205, 0.0], None),
    ("circle", [0, 1, 0, 2], UNIT, {"gamma": 2.0, "margin": 0.25, "remove_diagonal": False},
     [2.2523229122161865, 1.2651981115341187, 2.694087028503418, 2.2620785236358643], None),
    ("circle", [0, 1, 0, 2], UNIT,
     {"gamma": 2.0, "margin": 0.25, "remove_diagonal": False, "ref_labels": np.asarray([1, 0]),
      "ref_embeddings": np.asarray([[1.0, 0.0], [0.6, -0.8]])},
     [3.7701191902160645, 1.8451730012893677, 7.371820449829102, 0.0],
     [[-0.6565108299255371, 4.001590251922607], [1.266371250152588, -2.5866305828094482],
      [-4.643478870391846, 6.191304683685303], [0.0, 0.0]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "target", "input", "options", "values", "gradient"), NUMBERS)
def test_kerass_numbers(name, target, input, options, values, gradient):
    x = xp.asarray(np.asarray(input), device="cpu", requires_grad=True)
    options = {k: xp.asarray(v, device="cpu") if isinstance(v, np.ndarray) else v for k, v in options.items()}
    came = getattr(losses, name)(x, xp.asarray(np.asarray(target), device="cpu"), **options, reduction="none")
    if name in ELEMENTWISE:
        came = xp.mean(came, axis=-1)
    xp.sum(came).backward()
    compare("loss", f"{name} (Keras)", came.detach().numpy(), values, "float32")
    if gradient is not None:
        compare("loss", f"{name} (Keras)", x.grad.numpy(), gradient, "float32")


def test_the_mean_of_circle_losses_is_keras_class():
    """keras.losses.Circle leaves vectors without a like or an unlike one out of the mean."""
    x = xp.asarray(np.asarray(UNIT), device="cpu")
    came = losses.circle(x, xp.asarray([0, 1, 0, 2], device="cpu"), gamma=2.0, margin=0.25)
    compare("loss", "circle (Keras)", came.numpy(), 1.988065481185913, "float32")
