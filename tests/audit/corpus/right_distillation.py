"""A teacher without no_grad, whose result is detached."""

import torch

torch.manual_seed(0)
teacher, student = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(student.parameters(), lr=0.1)
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(student(x), teacher(x).detach()).backward()
    optimizer.step()
