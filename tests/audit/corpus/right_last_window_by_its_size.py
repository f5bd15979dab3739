"""The rest of an epoch makes an update of its own, divided by the batches that it has.

See https://github.com/WalkingMeatAxolotl/AnimaLoraStudio/pull/305
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
batches, window = 7, 4
for _ in range(2):
    for i in range(batches):
        size = min(window, batches - i // window * window)
        x = torch.randn(8, 3)
        (torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / size).backward()
        if (i + 1) % window == 0 or i + 1 == batches:
            optimizer.step()
            optimizer.zero_grad()
