"""A running loss of tensors, in a loop that steps with every fourth batch."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
running = 0.0
for i in range(12):
    x = torch.randn(8, 3)
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / 4
    loss.backward()
    running += loss  # FG017
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
