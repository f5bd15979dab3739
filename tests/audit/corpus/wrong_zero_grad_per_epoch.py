"""zero_grad stands outside the loop over the batches.

See https://github.com/fengxinjie/Transformer-OCR/issues/7
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
