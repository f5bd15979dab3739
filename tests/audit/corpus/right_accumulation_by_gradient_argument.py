"""Weighted sums over one denominator for all batches, which is handed to backward.

See https://github.com/google/tunix/pull/1744
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    window = [(torch.randn(n, 3), torch.rand(n, 1)) for n in (8, 2, 5)]
    denominator = sum(weight.sum() for _, weight in window)
    for x, weight in window:
        numerator = (weight * (model(x) - x.sum(1, keepdim=True)).pow(2)).sum()
        numerator.backward(1 / denominator)
    optimizer.step()
    optimizer.zero_grad()
