"""The weight is updated through .data, the bias is not."""

import torch

torch.manual_seed(0)
w, b = torch.randn(3, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
for _ in range(3):
    x = torch.randn(8, 3)
    torch.nn.functional.mse_loss(x @ w + b, x.sum(1, keepdim=True)).backward()
    w.data -= 0.1 * w.grad
    b -= 0.1 * b.grad  # FG016
    w.grad = b.grad = None
