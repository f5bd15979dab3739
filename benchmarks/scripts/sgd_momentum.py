"""Linear regression by SGD with Nesterov momentum and weight decay."""

import torch
from torch import nn

torch.manual_seed(0)
inputs, targets = torch.randn(16, 10), torch.randn(16, 1)
model = nn.Linear(10, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, nesterov=True)

for step in range(10001):
    outputs = model(inputs)
    loss = criterion(outputs, targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 500 == 0:
        print(step, loss.item())
