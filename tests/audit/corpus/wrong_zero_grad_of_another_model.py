"""Two optimizers, and only one of them is cleared.

See https://github.com/Project-MONAI/GenerativeModels/issues/102
"""

import torch

torch.manual_seed(0)
a, b = torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
of_a, of_b = torch.optim.SGD(a.parameters(), lr=0.05), torch.optim.SGD(b.parameters(), lr=0.05)
for _ in range(4):
    x = torch.randn(8, 3)
    of_a.zero_grad()
    (a(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    of_a.step()
    (b(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()  # FG001
    of_b.step()
