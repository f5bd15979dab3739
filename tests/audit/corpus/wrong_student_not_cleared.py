"""Of several networks, the student's optimizer alone is never cleared.

See https://github.com/opendp/smartnoise-sdk/issues/280
"""

import torch

torch.manual_seed(0)
generator, student, teacher = torch.nn.Linear(2, 3), torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)
criterion = torch.nn.BCEWithLogitsLoss()
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01)
of_student = torch.optim.Adam(student.parameters(), lr=0.01)
of_teacher = torch.optim.Adam(teacher.parameters(), lr=0.01)
for _ in range(4):
    fake = generator(torch.randn(8, 2)).detach()
    of_teacher.zero_grad()
    criterion(teacher(torch.randn(8, 3)), torch.ones(8, 1)).backward()
    of_teacher.step()
    votes = (teacher(fake) > 0).float()
    criterion(student(fake), votes).backward()  # FG001
    of_student.step()
    of_generator.zero_grad()
    student.requires_grad_(False)
    criterion(student(generator(torch.randn(8, 2))), torch.ones(8, 1)).backward()
    student.requires_grad_(True)
    of_generator.step()
