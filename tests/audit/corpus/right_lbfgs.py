"""LBFGS calls its closure several times within a step.

See https://github.com/Lightning-AI/pytorch-lightning/pull/6147
"""

import torch

torch.manual_seed(0)
x = torch.randn(16, 3)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=4)
for _ in range(3):

    def closure():
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
