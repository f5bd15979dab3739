"""Batches of different sizes count alike in their window.

See https://github.com/Lightning-AI/pytorch-lightning/issues/2199
"""

import torch

torch.manual_seed(0)
inputs = torch.randn(26, 3)
targets = torch.cat([inputs[:24].sum(1, keepdim=True), -4 * inputs[24:].sum(1, keepdim=True)])
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(3):
    optimizer.zero_grad()
    for x, y in zip(inputs.split(8), targets.split(8), strict=True):
        loss = torch.nn.functional.mse_loss(model(x), y) * 0.25
        loss.backward()  # FG020
    optimizer.step()
