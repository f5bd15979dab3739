"""unscale_ for the norm, and again for clipping.

See https://github.com/hiyouga/LlamaFactory/issues/77
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad()
    scaler.scale((model(x) - x.sum(1, keepdim=True)).pow(2).mean()).backward()
    scaler.unscale_(optimizer)
    norm = model.weight.grad.norm()
    scaler.unscale_(optimizer)  # FG011
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
