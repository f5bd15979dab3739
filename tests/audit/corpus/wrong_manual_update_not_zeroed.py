"""The gradient of an update by hand is never cleared.

See https://github.com/IBM/aihwkit/issues/446
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
