"""One network with two optimizers, each with a backward pass of its own.

See https://github.com/henry8527/COT/issues/6
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
first, second = torch.optim.SGD(model.parameters(), lr=0.1), torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(3):
    x = torch.randn(8, 3)
    first.zero_grad()
    model(x)[:, 0].pow(2).mean().backward()
    first.step()
    second.zero_grad()
    (model(x)[:, 1] - 1).pow(2).mean().backward()
    second.step()
