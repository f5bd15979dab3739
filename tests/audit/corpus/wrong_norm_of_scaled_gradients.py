"""The norm of all gradients is logged while they are scaled.

See https://github.com/languini-kitchen/languini-kitchen/pull/7
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters())
scaler = torch.amp.GradScaler("cpu")
log = []
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = torch.nn.functional.mse_loss(model(x).float(), x.sum(1, keepdim=True))
    scaler.scale(loss).backward()
    total = torch.nn.utils.get_total_norm([p.grad for p in model.parameters()])  # FG019
    log.append(total.item())
    scaler.step(optimizer)
    scaler.update()
