"""Meta-learning by autograd.grad and backward, with zero_grad in two places.

See https://github.com/Han-Jia/UNICORN-MAML/issues/7
"""

import torch

torch.manual_seed(0)
w = torch.nn.Parameter(torch.randn(3, 1))
optimizer = torch.optim.SGD([w], lr=0.05)
for _ in range(3):
    optimizer.zero_grad()
    meta = 0
    for _ in range(2):
        x, y = torch.randn(8, 3), torch.randn(8, 1)
        (g,) = torch.autograd.grad((x @ w - y).pow(2).mean(), w, create_graph=True)
        meta = meta + (x @ (w - 0.1 * g) - y).pow(2).mean()
    (meta / 2).backward()
    optimizer.step()
    optimizer.zero_grad()
