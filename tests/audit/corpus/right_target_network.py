"""A target network is copied from time to time.

See https://github.com/pytorch/tutorials/pull/209
"""

import copy

import torch

torch.manual_seed(0)
online = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
target = copy.deepcopy(online)
optimizer = torch.optim.RMSprop(online.parameters(), lr=0.01)
for i in range(6):
    x = torch.randn(8, 3)
    with torch.no_grad():
        wanted = 1 + 0.9 * target(x).max(1).values
    loss = torch.nn.functional.smooth_l1_loss(online(x)[:, 0], wanted)
    optimizer.zero_grad()
    loss.backward()
    for p in online.parameters():
        p.grad.data.clamp_(-1, 1)
    optimizer.step()
    if i % 3 == 0:
        target.load_state_dict(online.state_dict())
