"""Three optimizers, two target networks, and a temperature that learns."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)

actor, q1, q2 = nn.Linear(3, 2), nn.Linear(5, 1), nn.Linear(5, 1)
tq1, tq2 = copy.deepcopy(q1), copy.deepcopy(q2)
log_alpha = torch.zeros(1, requires_grad=True)
oa, oq = torch.optim.Adam(actor.parameters(), 1e-2), torch.optim.Adam([*q1.parameters(), *q2.parameters()], 1e-2)
oal = torch.optim.Adam([log_alpha], 1e-2)


def sample(s):
    m = actor(s)
    a = torch.tanh(m + torch.randn_like(m))
    return a, -(m**2).sum(1, keepdim=True)


for _ in range(4):
    s, s2, r = torch.randn(8, 3), torch.randn(8, 3), torch.randn(8, 1)
    with torch.no_grad():
        a2, lp = sample(s2)
        sa = torch.cat([s2, a2], 1)
        y = r + 0.9 * (torch.min(tq1(sa), tq2(sa)) - log_alpha.exp() * lp)
    a = torch.randn(8, 2)
    sa = torch.cat([s, a], 1)
    lq = F.mse_loss(q1(sa), y) + F.mse_loss(q2(sa), y)
    oq.zero_grad()
    lq.backward()
    oq.step()
    pi, lp = sample(s)
    sp = torch.cat([s, pi], 1)
    la = (log_alpha.exp().detach() * lp - torch.min(q1(sp), q2(sp))).mean()
    oa.zero_grad()
    la.backward()
    oa.step()
    lal = -(log_alpha * (lp + 2).detach()).mean()
    oal.zero_grad()
    lal.backward()
    oal.step()
    with torch.no_grad():
        for t, q in ((tq1, q1), (tq2, q2)):
            for tp, p in zip(t.parameters(), q.parameters(), strict=True):
                tp.lerp_(p, 0.01)
