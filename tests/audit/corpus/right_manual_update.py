"""An update by hand, under no_grad, with zeros written by hand after it.

See https://github.com/jcjohnson/pytorch-examples/issues/14
"""

import torch

torch.manual_seed(0)
w1, w2 = torch.randn(3, 4, requires_grad=True), torch.randn(4, 1, requires_grad=True)
for _ in range(4):
    x = torch.randn(8, 3)
    loss = (x.mm(w1).clamp(min=0).mm(w2) - x.sum(1, keepdim=True)).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        w1 -= 1e-3 * w1.grad
        w2 -= 1e-3 * w2.grad
        w1.grad.zero_()
        w2.grad.zero_()
