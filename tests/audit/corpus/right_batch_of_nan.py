"""A batch whose loss is no number is left out, backward and step."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(5):
    x = torch.randn(8, 3) * (float("nan") if i == 2 else 1)
    optimizer.zero_grad()
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    if torch.isnan(loss):
        continue
    loss.backward()
    optimizer.step()
