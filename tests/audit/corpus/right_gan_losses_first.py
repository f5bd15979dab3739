"""Both losses of a GAN are computed from one fake batch before the first backward."""

import torch
import torch.nn as nn

torch.manual_seed(0)

g, d = nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
og, od = torch.optim.Adam(g.parameters(), 1e-2), torch.optim.Adam(d.parameters(), 1e-2)
bce = nn.BCEWithLogitsLoss()
for _ in range(4):
    fake = g(torch.randn(8, 2))
    d_loss = bce(d(torch.randn(8, 3)), torch.ones(8, 1)) + bce(d(fake.detach()), torch.zeros(8, 1))
    g_loss = bce(d(fake), torch.ones(8, 1))
    og.zero_grad()
    g_loss.backward(retain_graph=True)
    od.zero_grad()
    d_loss.backward()
    og.step()
    od.step()
