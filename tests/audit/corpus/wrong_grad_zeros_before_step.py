"""zero_grad writes zeros, so that momentum and weight decay go on alone."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, weight_decay=0.1)
for _ in range(4):
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    model.zero_grad(set_to_none=False)  # FG002
    optimizer.step()
