"""Clipping comes after backward and step, when the gradient has been used.

See https://github.com/jongwook/onsets-and-frames/issues/24
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(6):
    x = 9 * torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)  # FG008
