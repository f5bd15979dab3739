"""A running loss of tensors that were never detached.

See https://github.com/BatsResearch/labelmodels/issues/4
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
running_loss = 0.0
for _ in range(6):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    loss.backward()
    optimizer.step()
    running_loss += loss  # FG017
