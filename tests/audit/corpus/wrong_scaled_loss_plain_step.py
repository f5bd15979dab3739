"""A scaler scales the loss, and the optimizer steps without it.

See https://github.com/nerfstudio-project/nerfacc/issues/307
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
grad_scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
for _ in range(4):
    x = torch.randn(8, 3)
    loss = torch.nn.functional.smooth_l1_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    grad_scaler.scale(loss).backward()  # the gradients stay multiplied
    optimizer.step()  # FG010
