"""Where a caller is."""

import asyncio

from kit.requests import came_from, set_came_from


async def test_an_address_is_kept_for_one_request_and_no_other():
    async def request(address: str) -> str:
        set_came_from(address)
        await asyncio.sleep(0)
        return came_from()

    before = came_from()
    calls = [asyncio.create_task(request(f"192.0.2.{number}")) for number in range(5)]

    assert await asyncio.gather(*calls) == [f"192.0.2.{number}" for number in range(5)]
    assert came_from() == before


async def test_an_address_fits_the_ledger_whatever_a_proxy_claims():
    set_came_from("2001:db8::1%" + "x" * 100)

    assert len(came_from()) == 45
