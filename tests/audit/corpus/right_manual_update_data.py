"""An update by hand through .data, and None after it.

See https://github.com/pytorch/tutorials/pull/3447
"""

import torch

torch.manual_seed(0)
w = torch.randn(3, 1, requires_grad=True)
for _ in range(4):
    x = torch.randn(8, 3)
    (x.mm(w) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    w.data.sub_(0.1 * w.grad.data)
    w.grad = None
