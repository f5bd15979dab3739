"""zero_grad stands outside the training loop.

See https://github.com/salesforce/corr_based_prediction/issues/1
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
optimizer.zero_grad()
for _ in range(4):
    x = torch.randn(8, 3)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    loss.backward()  # FG001
    optimizer.step()
