"""Fourier transforms, of finite numbers."""

from hypothesis import strategies as st

from tests.array_api.draws.arrays import (
    COMPLEX,
    FLOATS,
    HERE,
    NUMERIC,
    REAL_FLOATS,
    WITH_DIMENSIONS,
    Call,
    along_axis,
    arrays,
    dtype_among,
    options,
    xps,
)

NORM = st.sampled_from(["backward", "ortho", "forward"])
BOUND = 8


def one_axis(dtypes):
    return along_axis(dtypes, bound=BOUND, n=st.none() | st.integers(2, 5), norm=NORM)


@st.composite
def several_axes(draw, dtypes):
    x = draw(arrays(dtypes, WITH_DIMENSIONS, bound=BOUND))
    kwargs = draw(options(norm=NORM))
    if draw(st.booleans()):
        axes = draw(xps.valid_tuple_axes(x.ndim, min_size=1))
        kwargs["axes"] = axes
        if draw(st.booleans()):
            kwargs["s"] = tuple(draw(st.integers(2, 4)) for _ in axes)
    return Call((x,), kwargs)


@st.composite
def shifted(draw):
    x = draw(arrays(NUMERIC, WITH_DIMENSIONS))
    return Call(
        (x,),
        draw(options(axes=st.none() | xps.valid_tuple_axes(x.ndim, min_size=1) | st.integers(-x.ndim, x.ndim - 1))),
    )


@st.composite
def frequencies(draw):
    kwargs = draw(options(d=st.sampled_from([1.0, 0.5, 3.0]), dtype=st.none() | dtype_among(REAL_FLOATS)))
    return Call((draw(st.integers(1, 6)),), {**kwargs, "device": HERE})


DRAWS = {
    **{f"fft.{name}": one_axis(FLOATS) for name in ("fft", "ifft")},
    **{f"fft.{name}": one_axis(REAL_FLOATS) for name in ("rfft", "ihfft")},
    **{f"fft.{name}": one_axis(COMPLEX) for name in ("irfft", "hfft")},
    **{f"fft.{name}": several_axes(FLOATS) for name in ("fftn", "ifftn")},
    "fft.rfftn": several_axes(REAL_FLOATS),
    "fft.irfftn": several_axes(COMPLEX),
    **{f"fft.{name}": shifted() for name in ("fftshift", "ifftshift")},
    **{f"fft.{name}": frequencies() for name in ("fftfreq", "rfftfreq")},
}
