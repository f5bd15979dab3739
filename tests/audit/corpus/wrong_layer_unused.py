"""A second layer is defined, and forward leaves it out.

See https://github.com/inria-thoth/HySUPP/issues/3
"""

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.out = torch.nn.Linear(3, 4), torch.nn.Linear(4, 4), torch.nn.Linear(4, 1)

    def forward(self, x):
        return self.out(torch.relu(self.one(x)))


torch.manual_seed(0)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)  # FG014
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    (model(x) - x.sum(1, keepdim=True)).pow(2).mean().backward()
    optimizer.step()
