"""Any optimizer takes a closure.

See https://github.com/Lightning-AI/pytorch-lightning/pull/6374
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)

    def closure():
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()  # noqa: B023
        loss.backward()
        return loss

    optimizer.step(closure)
