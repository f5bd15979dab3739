"""The losses of two views of each batch are summed, one backward pass after the other to save memory."""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.2), torch.nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(4):
    x, labels, values = torch.randn(8, 3), torch.randint(0, 2, (8,)), torch.randn(8, 2)
    optimizer.zero_grad()
    for view in (x, x.flip(1)):
        if i < 2:
            torch.nn.functional.cross_entropy(model(view), labels).backward()
        else:
            torch.nn.functional.mse_loss(model(view), values).backward()
    optimizer.step()
