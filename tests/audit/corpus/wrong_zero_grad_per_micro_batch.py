"""zero_grad stands in the inner loop, so that nothing is accumulated.

See https://github.com/bytetriper/RAE/issues/67
"""

import torch

torch.manual_seed(0)
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
grad_accum_steps = 4
for _ in range(3):
    for _ in range(grad_accum_steps):
        x = torch.randn(2, 3)
        optimizer.zero_grad(set_to_none=True)  # FG022
        loss = torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)) / grad_accum_steps
        loss.backward()
    optimizer.step()
