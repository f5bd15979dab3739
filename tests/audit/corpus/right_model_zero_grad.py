"""The model clears its own gradients, after the step.

See https://github.com/inyeoplee77/SAGPool/issues/15
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
for _ in range(4):
    x = torch.randn(8, 3)
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
    model.zero_grad(set_to_none=False)
