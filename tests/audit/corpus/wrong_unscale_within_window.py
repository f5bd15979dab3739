"""unscale_ runs before the window's last batch."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
for i in range(4):
    x = torch.randn(8, 3)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / 2
    scaler.scale(loss).backward()
    if i % 2 == 0:
        scaler.unscale_(optimizer)
    else:
        scaler.step(optimizer)  # FG010
        scaler.update()
        optimizer.zero_grad()
