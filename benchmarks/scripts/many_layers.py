"""Two hundred tiny layers: 400 parameters."""

import torch
from torch import nn

torch.manual_seed(0)
layers = []
for _ in range(200):
    layers += [nn.Linear(8, 8), nn.Tanh()]
model = nn.Sequential(*layers)
for parameter in model.parameters():
    if parameter.dim() == 2:
        nn.init.orthogonal_(parameter, gain=1.1)
x, y = torch.randn(16, 8), torch.randn(16, 8)
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

for step in range(801):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if step % 10 == 0:
        print(step, loss.item())
