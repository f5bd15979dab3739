"""zero_grad stands behind step, which is as good as before backward.

See https://github.com/pytorch/tutorials/issues/2693
"""

import torch


def train(batches, model, loss_fn, optimizer):
    model.train()
    for batch, (x, y) in enumerate(batches):
        pred = model(x)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if batch % 2 == 0:
            print(f"loss: {loss.item():>7f}")


torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
train([(torch.randn(8, 3), torch.randint(0, 2, (8,))) for _ in range(5)], model, torch.nn.CrossEntropyLoss(), optimizer)
