"""Tied weights, groups with and without decay, accumulation, clipping, and evaluation in the middle."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class GPT(nn.Module):
    def __init__(self, V=11, C=8):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(6, C)
        self.ln, self.qkv, self.proj = nn.LayerNorm(C), nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.head = nn.Linear(C, V, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, i, t=None):
        x = self.wte(i) + self.wpe(torch.arange(i.shape[1]))
        q, k, v = self.qkv(self.ln(x)).split(8, 2)
        a = (q @ k.transpose(1, 2)) / math.sqrt(8)
        a = a.masked_fill(torch.tril(torch.ones(6, 6)) == 0, float("-inf")).softmax(-1)
        x = x + self.proj(a @ v)
        lo = self.head(x)
        return lo, None if t is None else F.cross_entropy(lo.view(-1, 11), t.view(-1), ignore_index=-1)


m = GPT()
decay = [p for p in m.parameters() if p.dim() >= 2]
rest = [p for p in m.parameters() if p.dim() < 2]
opt = torch.optim.AdamW(
    [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], lr=1e-2, betas=(0.9, 0.95)
)


def get_lr(it):
    return 1e-2 * min(1, (it + 1) / 3)


best = 1e9
for it in range(5):
    for g in opt.param_groups:
        g["lr"] = get_lr(it)
    if it % 2 == 0:
        m.eval()
        with torch.no_grad():
            losses = torch.stack([m(b, b)[1] for b in torch.randint(0, 11, (2, 4, 6))])
        best = min(best, losses.mean().item())
        m.train()
    for _ in range(2):
        b = torch.randint(0, 11, (4, 6))
        _, loss = m(b, b)
        loss = loss / 2
        loss.backward()
    nn.utils.clip_grad_norm_(m.parameters(), 1.0)
    opt.step()
    opt.zero_grad(set_to_none=True)
