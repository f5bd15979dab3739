"""Affine coupling layers with invertible mixing, trained by maximum likelihood on two moons."""

import math

import numpy as np
import torch
import torch.nn as nn
from torch.distributions import MultivariateNormal


class AffineCoupling(nn.Module):
    def __init__(self, dim, parity, hidden=24):
        super().__init__()
        self.parity = parity
        self.s = nn.Sequential(nn.Linear(dim // 2, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, dim // 2), nn.Tanh())
        self.t = nn.Sequential(nn.Linear(dim // 2, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, dim // 2))

    def forward(self, x):
        x0, x1 = x[:, ::2], x[:, 1::2]
        if self.parity:
            x0, x1 = x1, x0
        s, t = self.s(x0), self.t(x0)
        z1 = torch.exp(s) * x1 + t
        z0 = x0
        if self.parity:
            z0, z1 = z1, z0
        return torch.cat([z0, z1], dim=1), torch.sum(s, dim=1)

    def backward(self, z):
        z0, z1 = z[:, ::2], z[:, 1::2]
        if self.parity:
            z0, z1 = z1, z0
        s, t = self.s(z0), self.t(z0)
        x1 = (z1 - t) * torch.exp(-s)
        x0 = z0
        if self.parity:
            x0, x1 = x1, x0
        return torch.cat([x0, x1], dim=1), torch.sum(-s, dim=1)


class Mixing(nn.Module):
    """An invertible matrix by its LU factors."""

    def __init__(self, dim):
        super().__init__()
        Q = torch.nn.init.orthogonal_(torch.randn(dim, dim))
        P, L, U = torch.lu_unpack(*torch.linalg.lu_factor(Q))
        self.P = P
        self.L = nn.Parameter(L)
        self.S = nn.Parameter(U.diag())
        self.U = nn.Parameter(torch.triu(U, diagonal=1))

    def weight(self):
        L = torch.tril(self.L, diagonal=-1) + torch.diag(torch.ones(len(self.S)))
        U = torch.triu(self.U, diagonal=1)
        return self.P @ L @ (U + torch.diag(self.S))

    def forward(self, x):
        return x @ self.weight(), torch.sum(torch.log(torch.abs(self.S)))

    def backward(self, z):
        return z @ torch.inverse(self.weight()), -torch.sum(torch.log(torch.abs(self.S)))


class Flow(nn.Module):
    def __init__(self, prior, flows):
        super().__init__()
        self.prior = prior
        self.flows = nn.ModuleList(flows)

    def forward(self, x):
        log_det = torch.zeros(x.shape[0])
        for flow in self.flows:
            x, ld = flow.forward(x)
            log_det += ld
        return x, self.prior.log_prob(x), log_det

    def sample(self, count):
        z = self.prior.sample((count,))
        for flow in self.flows[::-1]:
            z, _ = flow.backward(z)
        return z


np.random.seed(0)
torch.manual_seed(0)
angle = np.pi * np.random.rand(128)
upper = np.arange(128) % 2 == 0
points = np.where(upper[:, None], np.c_[np.cos(angle), np.sin(angle)], np.c_[1 - np.cos(angle), 0.5 - np.sin(angle)])
x = torch.from_numpy((points + 0.05 * np.random.randn(128, 2)).astype(np.float32))
prior = MultivariateNormal(torch.zeros(2), torch.eye(2))
flows = [f for i in range(2) for f in (Mixing(2), AffineCoupling(2, i % 2))]
model = Flow(prior, flows)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-5)
for k in range(8):
    z, prior_logprob, log_det = model(x)
    loss = -torch.sum(prior_logprob + log_det)
    model.zero_grad()
    loss.backward()
    optimizer.step()
    if k % 2 == 0:
        print(k, "%.2f" % loss.item())
with torch.no_grad():
    z, _, log_det = model(x)
    back = z
    for flow in model.flows[::-1]:
        back, _ = flow.backward(back)
    print(torch.allclose(back, x, atol=1e-4), "bits %.4f" % (loss.item() / (128 * 2 * math.log(2))))
    print(model.sample(3).numpy().round(2))
