"""zero_grad stands at the beginning of each epoch instead of each iteration.

See https://github.com/pytorch/pytorch/issues/47175
"""

import torch


def train_epoch(model, optimizer):
    optimizer.zero_grad()
    for x in torch.randn(3, 8, 3):
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()  # FG001
        optimizer.step()


torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(2):
    train_epoch(model, optimizer)
