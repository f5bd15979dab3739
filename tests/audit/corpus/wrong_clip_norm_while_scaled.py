"""A U-Net's loop: scale, clip, step, update, and nothing unscales before the clip.

See https://github.com/milesial/Pytorch-UNet/issues/468
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, weight_decay=1e-8, momentum=0.999)
grad_scaler = torch.amp.GradScaler("cpu", enabled=True)
for _ in range(5):
    x = torch.randn(8, 3)
    loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad(set_to_none=True)
    grad_scaler.scale(loss).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # FG009
    grad_scaler.step(optimizer)
    grad_scaler.update()
