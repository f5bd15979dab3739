"""The loss is read as a Python number after every step."""

import torch
from torch import nn

torch.manual_seed(0)
inputs, labels = torch.randn(1024, 784), torch.randint(0, 10, (1024,))
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)

running_loss = 0.0
for step in range(2001):
    start = step % 8 * 128
    optimizer.zero_grad()
    loss = criterion(model(inputs[start : start + 128]), labels[start : start + 128])
    loss.backward()
    optimizer.step()
    running_loss += loss.item()
    if step % 50 == 0:
        print(step, running_loss)
        running_loss = 0.0
