"""backward stands in an inner loop, zero_grad before it.

See https://github.com/chrischoy/SpatioTemporalSegmentation/issues/46
"""

import torch

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
criterion = torch.nn.CrossEntropyLoss(ignore_index=255)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, dampening=0.1, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (1 - step / 5) ** 0.9)
iter_size = 2
for _ in range(4):
    optimizer.zero_grad()
    batch_loss = 0
    for _ in range(iter_size):
        x, y = torch.randn(8, 3), torch.randint(0, 2, (8,))
        loss = criterion(model(x), y) / iter_size
        batch_loss += loss.item()
        loss.backward()
    optimizer.step()
    scheduler.step()
