"""A class around a loader, an optimizer with two groups, and a scheduler behind the loop over the batches.

See https://github.com/Strawberry-Eat-Mango/PCT_Pytorch/issues/21
"""

import torch
from torch.utils.data import DataLoader, TensorDataset


class Trainer:
    def __init__(self, model):
        self.model = model
        groups = [{"params": model[0].parameters(), "lr": 0.01}, {"params": model[2].parameters()}]
        self.optimizer = torch.optim.AdamW(groups, lr=0.1, weight_decay=0.01)
        self.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 2)
        self.history = []

    def step(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.cross_entropy(self.model(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.history.append(loss.detach())

    def fit(self, loader):
        for _ in range(2):
            for x, y in loader:
                self.step(x, y)
            self.scheduler.step()


torch.manual_seed(0)
data = TensorDataset(torch.randn(32, 3), torch.randint(0, 2, (32,)))
Trainer(torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))).fit(
    DataLoader(data, batch_size=8, shuffle=True)
)
