"""An image is optimized through a fixed network in evaluation mode."""

import torch

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU()).eval()
image = torch.randn(1, 3, requires_grad=True)
optimizer = torch.optim.Adam([image], lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    (-network(image).mean()).backward()
    optimizer.step()
