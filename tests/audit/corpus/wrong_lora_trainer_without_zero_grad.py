"""A trainer of low-rank adapters forgets to clear after each step.

See https://github.com/tenstorrent/tt-blacksmith/pull/711
"""

import torch


class LoRALinear(torch.nn.Module):
    def __init__(self, base, rank=2):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.a = torch.nn.Parameter(torch.randn(rank, base.in_features) / rank)
        self.b = torch.nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + x @ self.a.T @ self.b.T


torch.manual_seed(0)
model = LoRALinear(torch.nn.Linear(3, 4))
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.05)
for _ in range(6):
    x, y = torch.randn(8, 3), torch.randint(0, 4, (8,))
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()  # FG001
    optimizer.step()
