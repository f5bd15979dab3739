"""A step is skipped, and the scaler's update with it.

See https://github.com/Haian-Jin/LVSM/pull/19
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
for i in range(4):
    x = torch.randn(8, 3) * (100 if i == 1 else 1)
    optimizer.zero_grad(set_to_none=True)
    scaler.scale((model(x) - x.sum(1, keepdim=True)).pow(2).mean()).backward()
    scaler.unscale_(optimizer)  # FG011
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
    if norm < 50:
        scaler.step(optimizer)
        scaler.update()
