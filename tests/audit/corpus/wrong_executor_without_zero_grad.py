"""An executor clips and steps, and never clears.

See https://github.com/wenet-e2e/wekws/pull/73
"""

import torch
from torch.nn.utils import clip_grad_norm_


class Executor:
    def __init__(self):
        self.step = 0

    def train(self, model, optimizer, batches, grad_clip=50.0):
        model.train()
        for feats, target in batches:
            loss = torch.nn.functional.cross_entropy(model(feats), target)
            loss.backward()  # FG001
            grad_norm = clip_grad_norm_(model.parameters(), grad_clip)
            if torch.isfinite(grad_norm):
                optimizer.step()
            self.step += 1


torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
executor = Executor()
executor.train(
    model,
    torch.optim.Adam(model.parameters(), lr=0.05),
    [(torch.randn(8, 3), torch.randint(0, 2, (8,))) for _ in range(5)],
)
