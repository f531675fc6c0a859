"""Mixed precision: products in float16 or bfloat16, parameters in float32, and losses scaled so that gradients survive.

    with xnn.amp.autocast():
        loss = xnn.losses.cross_entropy(model(x), labels)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()

Parameters stay float32 and are the master weights; gradients come to them in float32. bfloat16 has float32's range, and
needs no scaler.
"""

from .casting import autocast
from .scaling import GradScaler

__all__ = ["GradScaler", "autocast"]


def __dir__() -> list[str]:
    return __all__
