"""A network that has all kinds of members."""

import xnn as xp
from xnn import nn


class Net(nn.Module):
    def __init__(self, device="cpu"):
        super().__init__()
        self.first = nn.Linear(3, 4, device=device)
        self.rest = nn.Sequential(nn.ReLU(), nn.Linear(4, 2, device=device))
        self.scale = nn.Parameter(xp.asarray(2.0, device=device))
        self.register_buffer("mean", xp.zeros((3,), device=device))
        self.register_buffer("count", xp.asarray([7], device=device))
        self.name = "net"

    def forward(self, x):
        return self.rest(self.first(x - self.mean)) * self.scale


NAMES = ["scale", "first.weight", "first.bias", "rest.1.weight", "rest.1.bias"]
