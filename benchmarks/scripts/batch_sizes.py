"""Five batch sizes by turns, as the last batches of loaders and bucketed sequences have them."""

import torch
from torch import nn

torch.manual_seed(0)
sizes = (16, 24, 32, 48, 64)
batches = [(torch.randn(size, 64), torch.randint(0, 10, (size,))) for size in sizes]
model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

for step in range(12001):
    x, y = batches[step % len(batches)]
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if step % 300 == 0:
        print(step, loss.item())
