"""The same layer with a new tensor, and a change in place of what nobody needs.

See https://github.com/lzx1413/PytorchSSD/issues/72
"""

import torch


class Normalized(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.features = torch.nn.Linear(3, 4)
        self.head = torch.nn.Linear(4, 1)

    def forward(self, x):
        x = self.features(x)
        norm = x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10
        x = x / norm
        return self.head(x).clamp_(-3, 3)


torch.manual_seed(0)
model = Normalized()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    optimizer.step()
