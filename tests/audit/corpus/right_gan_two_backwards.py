"""The critic's loss on real and on fake data in two backward passes, which add up.

See https://github.com/junyanz/BicycleGAN/issues/93
"""

import torch

torch.manual_seed(0)
generator, critic = torch.nn.Linear(2, 3), torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid())
criterion = torch.nn.BCELoss()
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
for _ in range(4):
    critic.zero_grad()
    criterion(critic(torch.randn(8, 3)), torch.ones(8, 1)).backward()
    fake = generator(torch.randn(8, 2))
    criterion(critic(fake.detach()), torch.zeros(8, 1)).backward()
    of_critic.step()
    generator.zero_grad()
    criterion(critic(fake), torch.ones(8, 1)).backward()
    of_generator.step()
