"""An update by hand, whose gradient nobody zeroes.

See https://github.com/cvxpy/cvxpylayers/pull/102
"""

import torch

torch.manual_seed(0)
w = torch.randn(3, 1, requires_grad=True)
for _ in range(4):
    x = torch.randn(8, 3)
    loss = (x.mm(w) - x.sum(1, keepdim=True)).pow(2).mean()
    loss.backward()  # FG001
    with torch.no_grad():
        w -= 0.05 * w.grad
