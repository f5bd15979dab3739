"""The scheduler steps at the start of an epoch, as before PyTorch 1.1.

See https://github.com/WenmuZhou/PSENet.pytorch/pull/93
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
for _ in range(3):
    scheduler.step()  # FG018
    for x in torch.randn(2, 8, 3):
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        optimizer.step()
