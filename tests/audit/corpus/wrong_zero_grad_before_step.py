"""The gradient is zeroed before step, and training goes nowhere.

See https://github.com/sacmehta/EdgeNets/issues/14
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=4e-5)
for _ in range(4):
    inputs, target = torch.randn(8, 3), torch.randint(0, 2, (8,))
    loss = criterion(model(inputs), target)
    loss.backward()
    optimizer.zero_grad()  # FG002
    optimizer.step()
