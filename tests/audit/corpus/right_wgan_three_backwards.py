"""The critic of a WGAN-GP adds up three backward passes, several times for each step of the generator."""

import torch
import torch.nn as nn

torch.manual_seed(0)

G, D = (
    nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 3)),
    nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)),
)
og, od = (
    torch.optim.Adam(G.parameters(), 1e-3, betas=(0.0, 0.9)),
    torch.optim.Adam(D.parameters(), 1e-3, betas=(0.0, 0.9)),
)
for _ in range(3):
    for p in D.parameters():
        p.requires_grad = True
    for _ in range(3):
        D.zero_grad()
        real = torch.randn(8, 3)
        d_real = D(real).mean()
        (-d_real).backward()
        with torch.no_grad():
            fake = G(torch.randn(8, 2))
        D(fake).mean().backward()
        a = torch.rand(8, 1)
        mix = (a * real + (1 - a) * fake).requires_grad_(True)
        grad = torch.autograd.grad(
            D(mix), mix, torch.ones(8, 1), create_graph=True, retain_graph=True, only_inputs=True
        )[0]
        gp = ((grad.norm(2, dim=1) - 1) ** 2).mean() * 10
        gp.backward()
        od.step()
    for p in D.parameters():
        p.requires_grad = False
    G.zero_grad()
    (-D(G(torch.randn(8, 2))).mean()).backward()
    og.step()
