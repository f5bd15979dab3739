"""Gradients of eight micro-batches are accumulated before each step of Adam."""

import torch
from torch import nn

torch.manual_seed(0)
inputs, labels = torch.randn(1024, 64), torch.randint(0, 10, (1024,))
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
accumulation_steps = 8

optimizer.zero_grad()
running_loss = 0.0
for i in range(9600):
    start = i % 64 * 16
    x, y = inputs[start : start + 16], labels[start : start + 16]
    loss = criterion(model(x), y) / accumulation_steps
    loss.backward()
    running_loss += loss.detach()
    if (i + 1) % accumulation_steps == 0:
        optimizer.step()
        optimizer.zero_grad()
        if (i + 1) // accumulation_steps % 30 == 1:
            print((i + 1) // accumulation_steps, running_loss.item())
        running_loss = 0.0
