"""A validation in the middle of a window clears what has been accumulated.

See https://github.com/Lightning-AI/pytorch-lightning/pull/18710
"""

import torch


def validate(model, optimizer, batches):
    optimizer.zero_grad()  # FG022
    model.eval()
    with torch.no_grad():
        total = sum(torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).item() for x in batches)
    model.train()
    return total


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.1), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for i in range(12):
    x = torch.randn(8, 3)
    (torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / 4).backward()
    if (i + 1) % 4 == 0:
        optimizer.step()
        optimizer.zero_grad()
    if (i + 1) % 6 == 0:
        validate(model, optimizer, torch.randn(2, 8, 3))
