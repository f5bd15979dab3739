"""Losses are summed by name in a dict, and keep their graphs.

See https://github.com/jokester-zzz/SSA-SC/issues/2
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
epoch_loss = {"total": 0.0}
for _ in range(5):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    loss = {"total": torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))}
    loss["total"].backward()
    optimizer.step()
    for key in loss:
        epoch_loss[key] += loss[key]  # FG017
