"""Each batch of a window is unscaled, and the second call is refused.

See https://github.com/microsoft/Swin-Transformer/issues/311
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
accumulation_steps = 2
for i in range(4):
    x = torch.randn(8, 3)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / accumulation_steps
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)  # FG011
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    if (i + 1) % accumulation_steps == 0:
        scaler.step(optimizer)
        optimizer.zero_grad()
        scaler.update()
