"""Sums of token losses over the number of tokens of the whole window.

See https://github.com/huggingface/transformers/pull/34191
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(3):
    window = [(torch.randn(n, 3), torch.randint(0, 5, (n,))) for n in (3, 8, 5)]
    tokens = sum(len(y) for _, y in window)
    optimizer.zero_grad()
    for x, y in window:
        (torch.nn.functional.cross_entropy(model(x), y, reduction="sum") / tokens).backward()
    optimizer.step()
