"""Each parameter is clipped on its own, and the last layer gets no gradient in the first epoch, as DINO does it.

See https://github.com/NYUMedML/headCT_foundation/issues/3
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
for epoch in range(2):
    for x in torch.randn(3, 8, 3):
        optimizer.zero_grad()
        (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
        for p in model.parameters():
            p.grad.data.mul_(min(1.0, 3.0 / (p.grad.data.norm(2).item() + 1e-6)))
        if epoch == 0:
            for p in model[2].parameters():
                p.grad = None
        optimizer.step()
