"""A trainer's own attribute sums the losses with their graphs, a call further up than the step."""

import torch


class Trainer:
    def __init__(self, model):
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        self.total = 0.0

    def step(self, x):
        self.optimizer.zero_grad()
        loss = (self.model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()
        self.optimizer.step()
        return loss

    def fit(self, batches):
        for x in batches:
            loss = self.step(x)
            self.total += loss  # FG017


torch.manual_seed(0)
Trainer(torch.nn.Linear(3, 1)).fit(torch.randn(5, 8, 3))
