"""Transforms: functions with the parameters of what they are made of."""

from typing import reveal_type

import numpy as np

import xnn as xp

x: xp.Array = xp.asarray([1.0, 2.0])
raw = np.ones(2, np.float32)


def loss(params: dict[str, xp.Array], scale: float = 1.0) -> xp.Array:
    return params["w"]


def aux(a: xp.Array, b: int) -> tuple[xp.Array, str]:
    return a, str(b)


def product(a: xp.Array, b: xp.Array) -> xp.Array:
    return a


@xp.no_grad()
def predict(a: xp.Array, *, scale: float) -> xp.Array:
    return a


reveal_type(xp.grad(loss)({"w": x}, scale=2.0))  # is: Any
reveal_type(xp.value_and_grad(loss)({"w": x}, 2.0))  # is: tuple[Array, Any]
reveal_type(xp.grad(product, argnums=(0, 1))(x, b=x))  # is: Any
reveal_type(xp.grad(aux, has_aux=True)(x, b=1))  # is: tuple[Any, str]
reveal_type(xp.value_and_grad(aux, has_aux=True)(x, 1))  # is: tuple[tuple[Array, str], Any]
reveal_type(xp.vjp(product, x, x)[1](x))  # is: tuple[Array, Array]
reveal_type(xp.vjp(aux, x, 1, has_aux=True)[2])  # is: str
reveal_type(xp.jvp(product, (x, x), (x, x)))  # is: tuple[Array, Array]
reveal_type(xp.hvp(product, (x, x), (x, x)))  # is: tuple[Array, Array]
xp.jacobian(product)(x, b=x)
xp.hessian(product)(x, b=x)
reveal_type(predict(x, scale=1.0))  # is: Array
reveal_type(xp.remat(product)(x, b=x))  # is: Array
reveal_type(xp.compile(product)(x, b=x))  # is: Array
reveal_type(xp.compile(product).reason)  # is: str | None
xp.grad(lambda v: v**2)
xp.value_and_grad(lambda v, w: v * w, argnums=1)
xp.vjp(lambda v: 2 * v, raw)
xp.jacobian(lambda v: 2 * v)
xp.check_gradients(product, x, x, order=1)


@xp.custom_vjp
def clipped(a: xp.Array) -> xp.Array:
    return a


clipped.defvjp(lambda a: (a, None), lambda residual, g: (g,))
reveal_type(clipped(x))  # is: Array


class Model:
    @xp.compile
    def step(self, a: xp.Array, rate: float) -> xp.Array:
        return a


reveal_type(Model().step(x, rate=0.1))  # is: Array
Model().step(x, "0.1")  # error
xp.grad(loss)({"w": x}, scale="2")  # error
xp.grad(loss)(x)  # error
xp.grad(loss, argnums="0")  # error
xp.value_and_grad(loss)({"w": x}, size=2.0)  # error
xp.vjp(product, x)  # error
xp.jvp(product, (x, x), (x,))  # error
predict(x, 1.0)  # error
predict(x, scale="a")  # error
xp.remat(product)(x)  # error
xp.compile(product)(x, c=x)  # error
xp.jacobian(product)(x)  # error
xp.hessian(product)(x, c=x)  # error
clipped(x, x)  # error
clipped.defvjp(lambda a: a)  # error
xp.hvp(product, x, x)  # error
xp.register_pytree("Line", list, tuple)  # error
