"""The weight of each batch is handed to backward.

See https://github.com/google/tunix/pull/1744
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(8):
    x = torch.randn(8, 3)
    torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).backward(torch.tensor(0.25))
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
