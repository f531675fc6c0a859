"""XOR, which no single neuron can compute: a network of four hidden ones learns it.

Run it: `python examples/xor.py`.
"""

import xnn as xp
from xnn import losses, nn, optim

xp.random.manual_seed(0)
x = xp.asarray([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = xp.asarray([[0.0], [1.0], [1.0], [0.0]])

model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
optimizer = optim.Adam(model.parameters(), lr=0.1)
for epoch in range(201):
    loss = losses.binary_cross_entropy_with_logits(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        print(f"epoch {epoch:3d}  loss {float(loss):.4f}")

with xp.no_grad():
    answers = nn.functional.sigmoid(model(x))
for question, answer in zip(x.tolist(), answers.tolist(), strict=True):
    print(f"{question[0]:.0f} xor {question[1]:.0f} = {answer[0]:.3f}")
