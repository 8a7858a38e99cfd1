"""Identifiers: in the order of their making, and never the same twice."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import RFC_4122

from kit import ids
from kit.ids import uuid7

ROOT = Path(__file__).resolve().parents[2]


def test_an_id_says_what_it_is_and_when_it_was_made():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000

    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_sort_by_the_millisecond_they_were_made_in():
    made = []
    for _ in range(20):
        made.append(uuid7())
        time.sleep(0.0011)

    assert made == sorted(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)


def test_a_clock_that_stands_still_makes_no_id_twice(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1_800_000_000_000_000_000)

    assert len({uuid7() for _ in range(20_000)}) == 20_000


def test_threads_never_share_an_id():
    with ThreadPoolExecutor(8) as threads:
        made = [one for batch in threads.map(lambda _: [uuid7() for _ in range(2_000)], range(8)) for one in batch]

    assert len(set(made)) == 16_000


FORK = r"""
import os
from kit.ids import uuid7
uuid7()
child = os.fork()
os.write(1, b"%d\n" % (uuid7().int & (1 << 62) - 1))
if child:
    os.waitpid(child, 0)
"""


def test_a_forked_process_draws_its_own_randomness():
    """A child that took over its parent's stock would make the parent's ids again."""
    said = subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, capture_output=True, text=True, check=True)
    parents, childs = said.stdout.split()

    assert parents != childs
