"""Every CUDA source of ours is compiled by NVRTC itself, which needs no GPU, for the GPUs that CuPy 14 serves.

The emulation gives the same sources to g++: what passes there need not be CUDA.
"""

import ast
import importlib
import pathlib
import pkgutil
import re

import pytest

import xnn_backends
from tests import cuda_emulation
from tests.backends import nvrtc

# Turing to Blackwell: what CUDA 13, and so cupy-cuda13x, compiles for.
ARCHITECTURES = (75, 80, 86, 89, 90, 100, 120)
FOLDER = pathlib.Path(xnn_backends.__file__).parent
KERNEL = re.compile(r'extern\s+"C"\s+__global__\s+void\s+(?:__launch_bounds__\s*\([^)]*\)\s*)?(\w+)')
BROKEN = 'extern "C" __global__ void broken(float* x) { x[0] = no_such_thing; }'


def sources():
    """The sources of cupy_kernels, by the names of their modules; of the activations, which are many, all in one."""
    if cuda_emulation.skip_reason():
        return {}
    from xnn_backends import cupy_kernels
    from xnn_backends.cupy_kernels import activation, rectifier, trigonometric
    from xnn_backends.cupy_kernels.sources import Source

    rows = {**activation.TABLE, **rectifier.TABLE, **trigonometric.TABLE}.items()
    found = {"activation": Source(activation.FUNCTIONS + "".join(activation.kernels_of(*row) for row in rows))}
    for _, name, _ in pkgutil.iter_modules(cupy_kernels.__path__):
        module = importlib.import_module(f"{cupy_kernels.__name__}.{name}")
        own = [value for value in vars(module).values() if isinstance(value, Source)]
        found.update((name if not i else f"{name} {i + 1}", source) for i, source in enumerate(own))
    return found


def texts():
    """The CUDA texts among the string constants of the backends' modules."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "__global__ void" in node.value:
                yield path.stem, node.value


def variants():
    """(Name, letter, what is defined, architectures) of what is compiled: each type for the oldest GPU, one for all."""
    for name, source in sources().items():
        for letter in sorted(set(source.types) & set("efdi")):
            others = {"functions": ARCHITECTURES[1:]}.get(name, ARCHITECTURES[-1:]) if letter == "f" else ()
            yield name, letter, {}, (ARCHITECTURES[0], *others)
        if "DIMS" in source.text:
            yield from ((name, "f", {"DIMS": dims, "FAR": 1, "PLACE_BITS": 64}, ARCHITECTURES[:1]) for dims in (1, 3))


@pytest.fixture(autouse=True)
def has_nvrtc():
    if reason := nvrtc.unavailable():
        pytest.skip(reason)


def assert_compiles(source, architecture, options=()):
    cubin = nvrtc.compile(source, architecture, options)
    if cubin is None:
        pytest.skip(f"this NVRTC does not compile for sm_{architecture}")
    assert cubin.startswith(b"\x7fELF")
    kernels = KERNEL.findall(source)
    assert kernels
    for kernel in kernels:
        assert kernel.encode() in cubin


@pytest.mark.needs("cuda.pathfinder")
def test_sources_are_found():
    if reason := cuda_emulation.skip_reason():
        pytest.skip(reason)
    found = sources()
    assert any("philox" in source.text for source in found.values())
    for module, text in texts():
        assert any(text in source.text for source in found.values()) or module == "activation", f"{module}: {text}"


@pytest.mark.needs("cuda.pathfinder")
def test_kernels_of_large_blocks_tell_the_compiler():
    """Without the bound it may take more registers than 1,024 threads have, and a launch then fails, on a GPU alone."""
    for name, source in sources().items():
        for kernel in re.findall(r"__global__ void ([^{]*)\{", source.text):
            assert ("Int lanes" in kernel) == kernel.startswith("__launch_bounds__(1024)"), f"{name}: {kernel}"


@pytest.mark.parametrize("variant", [*variants()], ids=lambda v: "-".join([*v[:2], *map(str, v[2].values())]))
def test_source(variant):
    name, letter, defines, architectures = variant
    source = sources()[name]
    for architecture in architectures:
        assert_compiles(source.text, architecture, source.options(letter, **defines))


@pytest.mark.needs("cuda.pathfinder")
def test_a_broken_source_fails():
    with pytest.raises(nvrtc.CompileError, match='identifier "no_such_thing" is undefined'):
        assert_compiles(BROKEN, ARCHITECTURES[0])


# ---- kernels whose source CuPy writes ----


@pytest.fixture
def written(monkeypatch):
    """The sources that CuPy has compiled since, with the options that it gave."""
    if reason := cuda_emulation.skip_reason():
        pytest.skip(reason)
    import cupy.cuda.compiler as compiler

    seen, emulated = [], compiler._compile_module_with_cache

    def record(source, options=(), **settings):
        seen.append((source, [option for option in options if option[:2] in ("-I", "-D")]))
        return emulated(source, options, **settings)

    monkeypatch.setattr(compiler, "_compile_module_with_cache", record)
    return seen


def kernels_of(module):
    """A module's ElementwiseKernels and ReductionKernels, also those that its cached functions give."""
    import cupy

    values = dict(vars(module))
    for name, value in vars(module).items():
        if hasattr(value, "cache_info") and not value.__wrapped__.__code__.co_argcount:
            values[name] = value()
    kinds = (cupy.ElementwiseKernel, cupy.ReductionKernel)
    return {name: value for name, value in values.items() if isinstance(value, kinds)}


def write(kernel, letter):
    """Let CuPy write the kernel's source, with `letter` for each type that is left open."""
    import cupy

    arguments = []
    for parameter in kernel.in_params:
        dtype = parameter.dtype if parameter.dtype is not None else letter
        arguments.append(cupy.ones(4, dtype))
    kernel(*arguments, **({"size": 4} if all(p.raw for p in kernel.in_params) else {}))


@pytest.mark.needs("cuda.pathfinder")
@pytest.mark.parametrize("letter", ["f", "d"])
def test_kernels_that_cupy_writes(written, letter):
    from xnn_backends.cupy_kernels import functions as cupy_kernels

    for kernel in kernels_of(cupy_kernels).values():
        write(kernel, letter)
        assert any(kernel.name in source for source, _ in written), f"{kernel.name} was compiled before"
    for source, options in written:
        for architecture in (ARCHITECTURES[0], ARCHITECTURES[-1]):
            assert_compiles(source, architecture, options)


@pytest.mark.needs("cuda.pathfinder")
@pytest.mark.parametrize("letter", ["f", "d"])
def test_a_kernel_that_cupy_writes(written, letter):
    """The test above can see a kernel, and fail."""
    import types

    import cupy

    module = types.ModuleType("module")
    module.good = cupy.ElementwiseKernel("T x, T y", "T z", "z = x + y * rsqrt(x)", f"good_{letter}")
    module.bad = cupy.ElementwiseKernel("T x", "T z", "z = __builtin_fabs(x)", f"bad_{letter}")  # g++ only
    module.total = cupy.ReductionKernel("T x", "T y", "x", "a + b", "y = a", "0", f"total_{letter}")
    assert kernels_of(module) == {"good": module.good, "bad": module.bad, "total": module.total}
    for kernel in (module.good, module.total):
        write(kernel, letter)
        assert kernel.name in written[-1][0]
        assert_compiles(written[-1][0], 75, written[-1][1])
    write(module.bad, letter)
    with pytest.raises(nvrtc.CompileError, match="__builtin_fabs"):
        assert_compiles(written[-1][0], 75, written[-1][1])
