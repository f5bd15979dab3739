"""zero_grad stands behind the branch that steps, not in it.

See https://github.com/gaozhihan/PreDiff/issues/32
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
gradient_accumulation_steps = 2
for step in range(6):
    x = torch.randn(8, 3)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean() / gradient_accumulation_steps
    scaler.scale(loss).backward()
    if (step + 1) % gradient_accumulation_steps == 0:
        scaler.step(optimizer)
        scaler.update()
    optimizer.zero_grad()  # FG022
