"""One loss, two optimizers: the second one steps with every second batch only."""

import torch

torch.manual_seed(0)
encoder, head = torch.nn.Linear(3, 2), torch.nn.Linear(2, 1)
slow = torch.optim.SGD(encoder.parameters(), lr=0.01)
fast = torch.optim.SGD(head.parameters(), lr=0.1)
for i in range(6):
    x = torch.randn(8, 3)
    fast.zero_grad()
    loss = (head(encoder(x)) - x.sum(1, keepdim=True)).pow(2).sum() / 16
    loss.backward()
    if i % 2 == 1:
        slow.step()
        slow.zero_grad()
    fast.step()
