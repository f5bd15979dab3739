"""A layer divides its input in place, although the norm that it divides by needs it.

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
        x /= norm  # FG021
        return self.head(x)


torch.manual_seed(0)
model = Normalized()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    optimizer.step()
