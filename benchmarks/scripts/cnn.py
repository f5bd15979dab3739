"""A convolutional classifier with batch normalization and dropout, on images of 28 x 28."""

import torch
from torch import nn

torch.manual_seed(0)
images, labels = torch.randn(512, 1, 28, 28), torch.randint(0, 10, (512,))
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1),
    nn.BatchNorm2d(32),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Dropout(0.25),
    nn.Linear(64 * 7 * 7, 128),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(128, 10),
)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

model.train()
for step in range(49):
    start = step % 8 * 64
    x, y = images[start : start + 64], labels[start : start + 64]
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if step % 3 == 0:
        print(step, loss.item())
