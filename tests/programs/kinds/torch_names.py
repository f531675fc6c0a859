"""The names that programs use, in PyTorch."""

from tests.oracle import F, torch, torch_xp


class Room:
    """Names of several modules, the first that has one."""

    def __init__(self, *modules):
        self.modules = modules

    def __getattr__(self, name):
        for module in self.modules:
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(name)


class TorchNames(Room):
    """In the place of xnn."""

    def __init__(self):
        super().__init__(torch_xp)
        self.special = Room(torch.special)
        self.linalg = Room(torch_xp.linalg)
        self.fft = Room(torch_xp.fft)
        self.losses = Room(F)
        self.nn = Room(torch.nn)

    def asarray(self, values):
        return torch.tensor(values)
