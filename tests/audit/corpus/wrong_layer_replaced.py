"""A new head in the place of the old one, after the optimizer was built.

See https://github.com/microsoft/nni/issues/4521
"""

import torch


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.fc = torch.nn.Linear(3, 4), torch.nn.Linear(4, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.body(x)))


torch.manual_seed(0)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)  # FG013
model.fc = torch.nn.Linear(4, 2)
for _ in range(4):
    x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
