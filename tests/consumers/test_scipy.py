"""The rest of SciPy on Arrays: signal, fft, integrate, optimize, differentiate, spatial, cluster, constants."""

from tests import optional
from tests.consumers.hold import assert_gradient, assert_off_default_raises, assert_refused, assert_value, by_id, on
from tests.consumers.row import Refusal, Row, namespace, same, uniform
from xnn.errors import DTypeError, GraphError

if optional.why_missing("scipy"):
    optional.require("scipy")

from scipy import (  # what may not be installed
    constants,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
)
from scipy.cluster import vq
from scipy.optimize import elementwise
from scipy.spatial import distance
from scipy.spatial.transform import RigidTransform, Rotation, Slerp

X = uniform(7, low=0.2, high=0.8)
Y = uniform(4)
LONG = uniform(20)
MATRIX = uniform(4, 3)
SQUARE = uniform(3, 3)
VECTORS = uniform(5, 3)
TURNED = uniform(5, 3, seed=1)
QUATERNION = uniform(4, seed=1)
QUATERNIONS = uniform(2, 4)


def absolute(function):
    """Its complex result as a real one; the phase counts as well."""

    def call(*arrays):
        z = function(*arrays)
        xp = namespace(z)
        return xp.abs(z + (0.3 + 0.1j))

    return call


def cubature(rate, low, high):
    """The integral of exp(-rate x), and its limits."""
    return integrate.cubature(lambda x: namespace(x).exp(-x * rate), low, high).estimate


def tanhsinh(rate):
    return integrate.tanhsinh(lambda x, p: namespace(x).exp(-x * p), rate * 0, rate * 0 + 1, args=(rate,)).integral


def nsum(p):
    return integrate.nsum(lambda k, p: 1 / k ** (2 + p), p * 0 + 1, p * 0 + 40, args=(p,)).sum


def cubic(x, p):
    return x**3 + x - p


def find_root(p):
    return elementwise.find_root(cubic, (p * 0, p * 0 + 2), args=(p,), maxiter=4).x


def find_minimum(p):
    bracket = (p * 0 - 1, p * 0 + 0.3, p * 0 + 2)
    return elementwise.find_minimum(lambda x, p: namespace(x).exp(x - p) - x, bracket, args=(p,), maxiter=3).x


def window(name):
    return lambda x: getattr(signal.windows, name)(7, xp=namespace(x), device=x.device) * x


SIGNAL = [
    Row("fftconvolve", signal.fftconvolve, (LONG, Y)),
    Row("oaconvolve, one block", signal.oaconvolve, (X, Y)),
    Row("fftconvolve, same", lambda x, y: signal.fftconvolve(x, y, mode="same", axes=0), (MATRIX, MATRIX[:2])),
    Row("hilbert", absolute(signal.hilbert), (LONG,)),
    Row("hilbert2", absolute(signal.hilbert2), (MATRIX,)),
    Row("envelope", signal.envelope, (LONG,)),
    Row("resample", lambda x: signal.resample(x, 5), (LONG,)),
    Row("freqz", absolute(lambda b: signal.freqz(b, worN=8)[1]), (Y,), constants="device"),
    Row("freqs", absolute(lambda b, a: signal.freqs(b, a, worN=b * 1.0)[1]), (X, X[::-1] + 1)),
    Row("vectorstrength", lambda x: signal.vectorstrength(x, 2.0)[0], (X,), constants="device dtype"),
    Row("gauss_spline", lambda x: signal.gauss_spline(x, 3), (X,)),
    Row("windows.hann", window("hann"), (X,)),
]
FFT = [
    *(Row(name, absolute(getattr(fft, name)), (MATRIX,))
      for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "fftn", "rfftn", "irfftn")),
    *same("fftshift ifftshift", fft, MATRIX, prefix="fft"),
    Row("fht", lambda x: fft.fht(x, 0.1, 0.5), (X,), constants="device"),
]  # fmt: skip
INTEGRATE = [
    Row("trapezoid", lambda y, x: integrate.trapezoid(y, namespace(x).cumulative_sum(x)), (X, X[::-1])),
    Row(
        "cumulative_trapezoid", lambda y: integrate.cumulative_trapezoid(y, dx=0.1, initial=0), (X,), constants="device"
    ),
    Row("cumulative_simpson", lambda y: integrate.cumulative_simpson(y, dx=0.1), (X,), constants="device dtype"),
    Row("romb", lambda y: integrate.romb(y[:5], dx=0.1), (X,), constants="device"),
    Row("cubature", cubature, (X[:2], X[:1] * 0, X[:1] + 1), constants="device"),
    Row("tanhsinh", tanhsinh, (X[:2],), order=1, constants="device"),
]
OPTIMIZE = [
    Row("rosen", optimize.rosen, (X,)),
    Row("rosen_der", optimize.rosen_der, (X,)),
    Row("rosen_hess", optimize.rosen_hess, (X,), constants="device"),
    Row("rosen_hess_prod", optimize.rosen_hess_prod, (X, X[::-1]), constants="device"),
    Row("elementwise.find_root", find_root, (X[:2],), order=1, constants="device"),
    Row("elementwise.find_minimum", find_minimum, (X[:2],), order=1, constants="device"),
]
DIFFERENTIATE = [
    Row("derivative", lambda x: differentiate.derivative(lambda x: namespace(x).exp(x), x, maxiter=2).df, (X[:2],),
        order=1, constants="device"),
    Row("jacobian", lambda x: differentiate.jacobian(lambda x: x**3, x, maxiter=2).df, (X[:2],),
        order=1, constants="device"),
]  # fmt: skip
SPATIAL = [
    Row("Rotation.apply", lambda q, v: Rotation.from_quat(q).apply(v), (QUATERNION, VECTORS)),
    Row("Rotation.apply, inverse", lambda q, v: Rotation.from_quat(q).apply(v, inverse=True), (QUATERNION, VECTORS)),
    Row("Rotation.as_matrix", lambda q: Rotation.from_quat(q).as_matrix(), (QUATERNION,)),
    Row("Rotation.from_matrix", lambda m: Rotation.from_matrix(m + 0).as_quat(), (SQUARE,)),
    Row("Rotation.from_rotvec", lambda v: Rotation.from_rotvec(v).as_quat(), (VECTORS,)),
    Row("Rotation.from_euler", lambda v: Rotation.from_euler("xyz", v).as_mrp(), (VECTORS,)),
    Row("Rotation, product",
        lambda p, q: (Rotation.from_quat(p) * Rotation.from_quat(q)).as_rotvec(), (QUATERNION, Y)),
    Row("Rotation, power", lambda v: (Rotation.from_rotvec(v) ** 2).as_rotvec(), (0.3 * VECTORS,)),
    Row("Rotation.inv", lambda q: Rotation.from_quat(q).inv().as_quat(), (QUATERNION,)),
    Row("Rotation.magnitude", lambda q: Rotation.from_quat(q).magnitude(), (QUATERNIONS,)),
    Row("Rotation.mean", lambda q: Rotation.from_quat(q).mean().as_matrix(), (QUATERNIONS,)),
    Row("Rotation.align_vectors", lambda x, y: Rotation.align_vectors(x, y)[0].as_matrix(), (VECTORS, TURNED)),
    Row("Slerp", lambda q: Slerp([0.0, 1.0], Rotation.from_quat(q))([0.5]).as_quat(), (QUATERNIONS,)),
    Row("RigidTransform.apply",
        lambda q, v: RigidTransform.from_components(v[0, :], Rotation.from_quat(q)).apply(v), (QUATERNION, VECTORS)),
]  # fmt: skip
ROWS = [
    *SIGNAL, *FFT, *INTEGRATE, *OPTIMIZE, *DIFFERENTIATE, *SPATIAL,
    Row("cluster.vq.whiten", vq.whiten, (MATRIX,)),
    Row("constants.convert_temperature", lambda x: constants.convert_temperature(x, "C", "F"), (X,)),
]  # fmt: skip

KNOTS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
OF_NUMPY = "works on NumPy arrays only, which have no gradients"
NOT_OF_THE_STANDARD = "calls a method that arrays of the standard lack"
REFUSALS = [
    *(Refusal(id, call, operands, TypeError, "does not become a NumPy array in silence", OF_NUMPY)
      for id, call, operands in [
          ("signal.convolve", signal.convolve, (LONG, Y)),
          ("signal.correlate", signal.correlate, (LONG, Y)),
          ("signal.detrend", signal.detrend, (LONG,)),
          ("signal.periodogram", signal.periodogram, (LONG,)),
          ("fft.dct", fft.dct, (X,)),
          ("integrate.simpson", integrate.simpson, (X,)),
          ("optimize.minimize", lambda x: optimize.minimize(optimize.rosen, x), (X,)),
          ("linalg.expm", linalg.expm, (SQUARE,)),
          ("linalg.inv", linalg.inv, (SQUARE,)),
          ("ndimage.sobel", ndimage.sobel, (MATRIX,)),
          ("cluster.vq.kmeans2", lambda x: vq.kmeans2(x, 2, rng=0), (MATRIX,)),
          ("spatial.distance.cdist", distance.cdist, (VECTORS, VECTORS)),
      ]),
    *(Refusal(id, call, operands, TypeError, "Multiple namespaces",
              "makes NumPy arrays of the plain numbers beside the Array, and SciPy refuses the two together")
      for id, call, operands in [
          ("signal.lfilter", lambda x: signal.lfilter([0.2, 0.3], [1.0, 0.4], x), (X,)),
          ("interpolate.CubicSpline", lambda y: interpolate.CubicSpline(KNOTS, y), (X,)),
      ]),
    Refusal("integrate.nsum", nsum, (X,), DTypeError, "an assignment in place keeps shape and type",
            "it adds int64 to int32 in place"),
    Refusal("signal.argrelmax", signal.argrelmax, (X,), TypeError, "unexpected keyword argument 'mode'",
            NOT_OF_THE_STANDARD),
    Refusal("Rotation.from_matrix, of a leaf", Rotation.from_matrix, (SQUARE,), GraphError,
            "leaf .* cannot be changed in place", "SciPy writes the nearest rotation over its argument. Cure: x + 0"),
]  # fmt: skip


@by_id(ROWS)
def test_value(row, place):
    assert_value(row, place)


@by_id(ROWS)
def test_gradient(row, place):
    assert_gradient(row, place)


@by_id([row for row in ROWS if row.constants])
def test_constants_without_a_device_are_not_mixed_in_silence(row, place):
    assert_off_default_raises(row, place)


@by_id(REFUSALS)
def test_what_cannot_work_raises(row, place):
    assert_refused(row, place)


def test_oaconvolve_writes_to_a_view(place):
    """Wrong in silence: it adds the overlap of two blocks to a slice, and expects the sliced array to have changed.

    Here `y = x[i]; y += 1` moves y and leaves x, as in JAX; the standard promises neither. Cure: fftconvolve.
    """
    came = signal.oaconvolve(*on(place, [LONG, Y])).numpy()
    assert abs(came - signal.fftconvolve(LONG, Y)).max() > 0.1
