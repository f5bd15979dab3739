"""A parameter beside the module is not handed to the optimizer."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

enc = nn.Linear(3, 4)
temp = nn.Parameter(torch.tensor(1.0))
opt = torch.optim.Adam(enc.parameters(), 1e-2)  # FG012
for _ in range(4):
    x = torch.randn(8, 3)
    z = F.normalize(enc(x), dim=1)
    opt.zero_grad()
    F.cross_entropy(z @ z.T * temp.exp(), torch.arange(8)).backward()
    opt.step()
