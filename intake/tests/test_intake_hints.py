"""The hints of held units leave with the statement that writes them."""

import asyncio
import json

import psycopg
import pytest

from accounts.queries import default_platform_of
from guardians import actions as guardians
from guardians.policy import policy_at
from intake import actions
from intake.batcher import Batcher
from intake.serializers import UnitIn
from kit.database import OrmThreads, connection_parameters


@pytest.mark.django_db(transaction=True)
def test_a_held_unit_is_announced_by_the_commit_that_writes_it(max, sys, settings):
    settings.REDIS_URL = ""
    gate = guardians.create_gate("asks", actor=max, name="Asks")
    guardians.post_guardian(gate.pk, "ask", type="EXPRESSION", config={"expression": "false"}, actor=max)
    item = UnitIn(gate="asks", external_id="1", title="Held", attributes={})
    held = actions.judge(item, policy_at, sys, default_platform_of(sys.organization_id))

    async def write() -> actions.Result:
        batcher = Batcher(OrmThreads("test", 1))
        try:
            return await batcher.write(held)
        finally:
            await batcher.close()

    with psycopg.connect(**connection_parameters(), autocommit=True) as listener:
        listener.execute("LISTEN chameleon_live")
        result = asyncio.run(write())
        heard = [hint for note in listener.notifies(timeout=5, stop_after=1) for hint in json.loads(note.payload)]

    assert result.status == 201
    question = str(result.answer["intervention"]["id"])
    assert ["interventions.queue", question, sys.organization_id] in heard
    assert ["interventions.program", f"new:{question}", sys.organization_id] in heard
