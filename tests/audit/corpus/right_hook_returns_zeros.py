"""A hook turns the gradients into zeros; weight decay goes on, as it should.

See https://github.com/pytorch/pytorch/issues/38581
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
for p in model[0].parameters():
    p.register_hook(torch.zeros_like)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.5)
for _ in range(3):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(torch.rand(2, 3)), torch.rand(2, 2)).backward()
    optimizer.step()
