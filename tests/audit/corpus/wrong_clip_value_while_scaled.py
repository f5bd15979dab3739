"""A limit on each element, while all are multiplied by the loss scale."""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1, eps=1e-3)
scaler = torch.amp.GradScaler("cpu")
for _ in range(4):
    x = torch.randn(8, 3)
    optimizer.zero_grad(set_to_none=True)
    loss = (model(x) - x.sum(1, keepdim=True)).pow(2).mean()
    scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 1.0)  # FG009
    scaler.step(optimizer)
    scaler.update()
