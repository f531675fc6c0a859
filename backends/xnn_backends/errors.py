"""The root of xnn's exceptions, and those about devices; `xnn.errors` holds the whole tree.

Each is also a built-in kind, so that code that knows nothing of xnn catches what it expects.
"""


class XnnError(Exception):
    """Whatever xnn raises on purpose: the rule, what came, and the cure."""


class DeviceError(XnnError, RuntimeError):
    """A device was asked for that cannot be used, or does not exist; says why, and the cure."""


class DeviceMismatchError(DeviceError, ValueError):
    """Arrays of two devices met in one operation; names both, and the call that moves one."""


class DTypeError(XnnError, TypeError):
    """A data type that an operation does not take; says which it takes, and how to cast."""


class Unusable(Exception):  # noqa: N818  # a verdict, which becomes a report or a DeviceError
    """What a backend raises in `find_devices` and `try_device`: one line of reason, one of cure."""

    def __init__(self, reason: str, cure: str) -> None:
        super().__init__(reason)
        self.reason = " ".join(reason.split())
        self.cure = " ".join(cure.split())


def one_line(error: BaseException) -> str:
    """An exception's kind and text, without line breaks."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":" if not str(error) else "")
