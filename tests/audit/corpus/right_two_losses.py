"""Two losses of different lines are summed on purpose.

See https://github.com/naver-ai/StyleMapGAN/issues/16
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    x = torch.randn(8, 3)
    y = model(x)
    y[:, 0].pow(2).mean().backward(retain_graph=True)
    (y[:, 1] - 1).pow(2).mean().backward()
    optimizer.step()
