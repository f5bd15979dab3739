"""zero_grad at the start of an epoch throws away the rest of the last one.

See https://github.com/ultralytics/ultralytics/pull/11217
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for batches in (7, 6):
    optimizer.zero_grad()
    for i, x in enumerate(torch.randn(batches, 8, 3)):
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 3
        loss.backward()  # FG007
        if (i + 1) % 3 == 0:
            optimizer.step()
            optimizer.zero_grad()
