"""What needs a process of its own: an import, a probe, a backend of a third party.

Verdicts on devices are kept for the process, so a test that wants another verdict starts another process.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]
SOURCES = (str(REPOSITORY), str(REPOSITORY / "backends"))
# What would answer a test's question before the test asks it.
FOREIGN = ("XNN_DEVICE", "CUDA_VISIBLE_DEVICES", "PYTHONPATH", "PYTHONWARNINGS")

# What the registry says about CUDA, and what was imported to find out.
PROBE = """
import json, sys
from xnn_backends import DeviceError, choose, find_device, get_backend
report, chosen = get_backend("cupy").report("cuda"), choose()
try:
    refusal = str(find_device("cuda")) and ""
except DeviceError as error:
    refusal = str(error)
print(json.dumps({
    "usable": report.usable, "device": report.device, "reason": report.reason, "cure": report.cure,
    "chosen": str(chosen.device), "why": chosen.why, "refusal": refusal,
    "imported": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""
EMULATE = "from tests import cuda_emulation\ncuda_emulation.install()\n"


def run(program, *, path=(), options=(), **settings):
    """The lines that a program prints in a process of its own, which must end well and warn of nothing."""
    env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    env = {n: v for n, v in env.items() if not n.startswith("CUDA_EMULATION_") or n.endswith("_CACHE")}
    env |= settings | {"PYTHONPATH": os.pathsep.join([*map(str, path), *SOURCES])}
    command = [sys.executable, "-W", "error", *options, "-c", program]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


def in_process(code, **environment):
    """What a process of its own prints, with the numbers of threads that are given; it may warn, as of a fork."""
    settings = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**settings, "PYTHONPATH": os.pathsep.join(SOURCES), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def probe(*, emulate=False, **options):
    """PROBE's answer: on this machine, or with CUDA emulated."""
    (line,) = run(EMULATE * emulate + PROBE, **options)
    return json.loads(line)


def driver(folder, *, init=0, version=13020, count=1):
    """Build a libcuda.so.1 in the folder: settings for a process that finds it, whatever the machine has.

    It appends the name of each function that is called to the file `calls`.
    """
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("a driver library can be built on Linux with gcc only")
    functions = f"""
    #include <stdio.h>
    static int called(const char *name, int status) {{
        FILE *file = fopen("{folder}/calls", "a");
        fprintf(file, "%s\\n", name);
        fclose(file);
        return status;
    }}
    int cuInit(unsigned flags) {{ return called("cuInit", {init}); }}
    int cuDriverGetVersion(int *version) {{ *version = {version}; return called("cuDriverGetVersion", 0); }}
    int cuDeviceGetCount(int *count) {{ *count = {count}; return called("cuDeviceGetCount", 0); }}
    int cuGetErrorName(int status, const char **name) {{ *name = "CUDA_ERROR_NAMED"; return 0; }}
    """
    return library(folder, functions)


def library(folder, functions):
    """Settings for a process that finds a libcuda.so.1 with these functions in C."""
    source = folder / "libcuda.c"
    source.write_text(functions)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "libcuda.so.1", source], check=True)
    return {"LD_LIBRARY_PATH": str(folder)}


def without_cupy(folder):
    """Options for a process in which CuPy is not installed, by a copy of the environment without it.

    Nothing is hidden by a hook: a folder of links to all of site-packages but CuPy is put on Python's
    path, and `-S` keeps the true site-packages off it.
    """
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in pathlib.Path(site).iterdir():
            link = folder / entry.name
            if not entry.name.lower().startswith("cupy") and not link.exists():
                link.symlink_to(entry)
    return {"path": [folder], "options": ["-S"]}


def wheel(folder, name, body=None, version="14.2.0"):
    """Install a distribution called `name` in the folder; with a body, a module `cupy` too."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if body is not None:
        (folder / "cupy").mkdir()
        (folder / "cupy" / "__init__.py").write_text(body)
