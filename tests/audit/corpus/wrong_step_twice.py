"""A step is left over behind the one of the window.

See https://github.com/mzolfaghari/ECO-pytorch/pull/1
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
iter_size = 1
for i in range(4):
    x = torch.randn(8, 3)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    loss.backward()
    if (i + 1) % iter_size == 0:
        optimizer.step()
    optimizer.step()  # FG003
    optimizer.zero_grad()
