import numpy as np
import pytest

import xnn as xp
from xnn import losses, nn, optim

def test_try(device):
    xp.random.manual_seed(1)
    m = nn.Sequential(nn.Unflatten(1, (1, 6, 6)), nn.Conv2d(1, 3, 3, device=device), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(.3), nn.Flatten(), nn.Linear(12, 10, device=device))
    o = optim.Adam(m.parameters())
    x = xp.random.uniform((5, 36), device=device); y = xp.asarray([1, 2, 3, 4, 5], device=device)
    for _ in range(3):
        l = losses.cross_entropy(m(x), y)
        o.zero_grad(); l.backward(); o.step()
    print(device, float(l))
