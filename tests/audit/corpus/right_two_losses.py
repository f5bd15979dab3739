"""Two losses of one graph are differentiated one after the other, instead of their sum.

See https://github.com/jessemelpolio/non-stationary_texture_syn/issues/15
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    x = torch.randn(8, 3)
    y = model(x)
    y[:, 0].pow(2).mean().backward(retain_graph=True)
    (y[:, 1] - 1).pow(2).mean().backward()
    optimizer.step()
