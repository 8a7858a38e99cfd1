"""Work for later, as certain as the change it belongs to."""

import pytest
from django.db import transaction
from procrastinate import exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from kit.jobs import defer


@pytest.fixture(autouse=True)
def task(db):
    @app.task(name="kit.tests.job")
    def job(*, number: int) -> None: ...

    yield
    del app.tasks["kit.tests.job"]


def test_a_job_is_queued_with_what_it_needs():
    defer("kit.tests.job", number=7)

    assert ProcrastinateJob.objects.get(task_name="kit.tests.job").args == {"number": 7}


def test_a_rollback_leaves_no_job():
    with transaction.atomic():
        defer("kit.tests.job", number=7)
        transaction.set_rollback(True)

    assert not ProcrastinateJob.objects.filter(task_name="kit.tests.job").exists()


def test_a_job_that_nobody_would_do_is_not_queued():
    with pytest.raises(exceptions.TaskNotFound):
        defer("kit.tests.nobody", number=7)
