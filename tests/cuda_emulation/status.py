"""CUDA's status numbers, as far as the emulation gives them."""

from typing import NamedTuple


class Status(NamedTuple):
    """A status: its names in the runtime (cudaError) and in the driver (CUresult), and CUDA's text."""

    runtime: str
    driver: str | None  # the driver has not all that the runtime has
    text: str


STATUSES = {
    0: Status("cudaSuccess", "CUDA_SUCCESS", "no error"),
    1: Status("cudaErrorInvalidValue", "CUDA_ERROR_INVALID_VALUE", "invalid argument"),
    2: Status("cudaErrorMemoryAllocation", "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
    3: Status("cudaErrorInitializationError", "CUDA_ERROR_NOT_INITIALIZED", "initialization error"),
    34: Status("cudaErrorStubLibrary", "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"),
    35: Status(
        "cudaErrorInsufficientDriver",
        None,
        "CUDA driver version is insufficient for CUDA runtime version",
    ),
    100: Status("cudaErrorNoDevice", "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"),
    101: Status("cudaErrorInvalidDevice", "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
    400: Status("cudaErrorInvalidResourceHandle", "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
    500: Status("cudaErrorSymbolNotFound", "CUDA_ERROR_NOT_FOUND", "named symbol not found"),
    700: Status(
        "cudaErrorIllegalAddress",
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "an illegal memory access was encountered",
    ),
    999: Status("cudaErrorUnknown", "CUDA_ERROR_UNKNOWN", "unknown error"),
}


class Failure(NamedTuple):
    """What every call of CuPy's, what cuInit, and what cuDriverGetVersion give."""

    status: int
    init: int
    version: int


FAILURES = {
    None: Failure(0, 0, 13020),
    "no driver": Failure(35, 34, 0),  # 34: what is left of a library that is loaded already
    "driver too old": Failure(35, 0, 11040),
    "driver broken": Failure(999, 999, 13020),
    "no device": Failure(100, 100, 13020),
}
