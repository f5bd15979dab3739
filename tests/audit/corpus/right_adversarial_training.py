"""An adversarial example is made in evaluation mode with autograd.grad."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)
    y = x.sum(1, keepdim=True)
    optimizer.zero_grad()
    model.eval()
    moved = x.clone().requires_grad_(True)
    (g,) = torch.autograd.grad((model(moved) - y).pow(2).mean(), moved)
    model.train()
    (model(x + 0.1 * g.sign()) - y).pow(2).mean().backward()
    optimizer.step()
