"""The critic keeps the gradients of the generator's loss.

See https://github.com/Lightning-AI/pytorch-lightning/issues/557
"""

import torch

torch.manual_seed(0)
generator, critic = torch.nn.Linear(2, 3), torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid())
criterion = torch.nn.BCELoss()
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
for _ in range(4):
    fake = generator(torch.randn(8, 2))
    of_generator.zero_grad()
    criterion(critic(fake), torch.ones(8, 1)).backward()  # FG005
    of_generator.step()
    real_loss = criterion(critic(torch.randn(8, 3)), torch.ones(8, 1))
    fake_loss = criterion(critic(fake.detach()), torch.zeros(8, 1))
    (real_loss + fake_loss).backward()
    of_critic.step()
    of_critic.zero_grad()
