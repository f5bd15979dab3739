"""The gradients of the test set go into the next epoch's training.

See https://github.com/salesforce/BiST/issues/2
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.5), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(3):
    for mode in (True, False):
        model.train(mode)
        x = torch.randn(8, 3)
        loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
        loss.backward()  # FG004
        if mode:
            optimizer.step()
            optimizer.zero_grad()
