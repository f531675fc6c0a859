"""The training loop, written out: real digits, on the best device that is found.

Run it: `python examples/digits.py`.
"""

import xnn as xp
from xnn import data, losses, nn, optim

xp.random.manual_seed(0)
train, test = data.load_mnist()
device = xp.get_default_device()  # a GPU if one works, otherwise the CPU; XNN_DEVICE chooses another
train, test = train.to(device), test.to(device)
print(f"training on {device}")

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(1, 4):
    for images, labels in train.batches(128, xp.random.permutation(len(train))):
        loss = losses.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with xp.no_grad():
        hits = xp.argmax(model(test.inputs), axis=1) == test.labels
    print(f"epoch {epoch}  test accuracy {float(xp.mean(xp.astype(hits, xp.float32))):.3f}")
