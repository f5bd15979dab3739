"""The closure does not clear, so that every evaluation is added to the last.

See https://github.com/Lightning-AI/pytorch-lightning/issues/4083
"""

import torch

torch.manual_seed(0)
x = torch.randn(16, 3)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=2)
for _ in range(3):

    def closure():
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()  # FG001
        return loss

    optimizer.step(closure)
