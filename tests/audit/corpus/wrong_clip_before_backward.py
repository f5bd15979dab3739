"""Clipping works on the gradients of the step before.

See https://github.com/simchowitzlabpublic/nano-world-model/pull/22
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(6):
    x = 9 * torch.randn(8, 3)
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)  # FG008
    loss.backward()
    optimizer.step()
