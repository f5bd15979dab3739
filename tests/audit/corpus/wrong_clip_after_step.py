"""Clipping comes after the step, when the gradient has been used.

See https://github.com/simchowitzlabpublic/nano-world-model/pull/22
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(4):
    x = 5 * torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.1)  # FG008
