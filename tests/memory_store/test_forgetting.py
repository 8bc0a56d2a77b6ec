"""Stores against a dictionary, for every rule of forgetting."""

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from memnet_tf.memory_store import (
    LeastOftenRead,
    LeastRecentlyRead,
    LeastUseful,
    MemoryStore,
    Oldest,
    Refuse,
    victims,
)

CAPACITY = 6
PRIORITY = {
    Refuse: None,
    Oldest: lambda memory: memory["written"],
    LeastRecentlyRead: lambda memory: memory["last_read"],
    LeastOftenRead: lambda memory: memory["reads"],
    LeastUseful: lambda memory: memory["usefulness"],
}

vector = st.tuples(*[st.integers(-3, 3)] * 2)
vectors = st.lists(vector, min_size=1, max_size=4)
usefulness = st.none() | st.integers(-2, 2)


def machine(forgetting, metric):
    """Does the same to a store and to a dictionary."""

    class Stores(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.store = MemoryStore(
                2, CAPACITY, forgetting(), metric, index="exact"
            )
            self.memories = {}
            self.clock = 0
            self.next_id = 0

        def tick(self):
            self.clock += 1
            return self.clock

        def some(self, data):
            return data.draw(
                st.lists(
                    st.sampled_from(sorted(self.memories)),
                    unique=True,
                    min_size=1,
                    max_size=4,
                )
            )

        def forget(self, count):
            priority = PRIORITY[forgetting]
            for id in sorted(
                self.memories,
                key=lambda id: (
                    priority(self.memories[id]),
                    self.memories[id]["written"],
                ),
            )[:count]:
                del self.memories[id]

        @rule(new=vectors, useful=usefulness, given=st.booleans())
        def write(self, new, useful, given):
            ids = [self.next_id + number for number in range(len(new))]
            if given:
                ids = [self.next_id + 5 + 3 * n for n in range(len(new))]
            missing = len(self.memories) + len(new) - CAPACITY
            arguments = {
                "records": [str(id) for id in ids],
                "ids": ids if given else None,
                "usefulness": useful,
            }
            if missing > 0 and forgetting is Refuse:
                with pytest.raises(ValueError, match="at most 6"):
                    self.store.write(new, **arguments)
                return
            if missing > 0:
                self.forget(missing)
            assert self.store.write(new, **arguments).tolist() == ids
            self.next_id = max(ids) + 1
            for id, x in zip(ids, new, strict=True):
                now = self.tick()
                self.memories[id] = {
                    "vector": x,
                    "record": str(id),
                    "written": now,
                    "last_read": now,
                    "reads": 0,
                    "usefulness": useful or 0,
                }

        @precondition(lambda self: self.memories)
        @rule(data=st.data(), useful=usefulness)
        def update(self, data, useful):
            ids = self.some(data)
            new = [data.draw(vector) for _ in ids]
            self.store.update(ids, new, usefulness=useful)
            for id, x in zip(ids, new, strict=True):
                now = self.tick()
                memory = self.memories[id]
                memory.update(vector=x, written=now, last_read=now)
                if useful is not None:
                    memory["usefulness"] = useful

        @precondition(lambda self: self.memories)
        @rule(data=st.data())
        def delete(self, data):
            ids = self.some(data)
            self.store.delete(ids)
            for id in ids:
                del self.memories[id]

        @precondition(lambda self: self.memories)
        @rule(data=st.data(), useful=st.integers(-3, 3))
        def set_usefulness(self, data, useful):
            ids = self.some(data)
            self.store.set_usefulness(ids, useful)
            for id in ids:
                self.memories[id]["usefulness"] = useful

        @precondition(lambda self: self.memories)
        @rule(data=st.data())
        def read(self, data):
            ids = self.some(data)
            found = self.store.read(ids)
            now = self.tick()
            for id, x, record in zip(ids, *found, strict=True):
                memory = self.memories[id]
                assert tuple(x) == memory["vector"]
                assert record == memory["record"]
                memory["last_read"] = now
                memory["reads"] += 1

        @rule(query=vector, k=st.integers(1, 8))
        def search(self, query, k):
            found = self.store.search([query], k)
            scores = {
                id: self.score(query, memory["vector"])
                for id, memory in self.memories.items()
            }
            count = min(k, len(scores))
            assert found.mask[0].tolist() == [True] * count + [False] * (
                k - count
            )
            best = sorted(scores.values(), reverse=True)[:count]
            assert found.scores[0, :count].tolist() == best
            now = self.tick()
            for id in found.ids[0, :count].tolist():
                assert scores[id] == best.pop(0)
                self.memories[id]["last_read"] = now
                self.memories[id]["reads"] += 1
            assert (found.ids[0, count:] == -1).all()

        def score(self, query, x):
            if metric == "l2":
                return -sum((a - b) ** 2 for a, b in zip(query, x, strict=True))
            return sum(a * b for a, b in zip(query, x, strict=True))

        @invariant()
        def holds_the_same(self):
            assert len(self.store) == len(self.memories)
            assert list(self.store) == list(self.memories)

    return Stores


@pytest.fixture(params=[1, 3, 2048])
def listed(request, monkeypatch):
    """How many victims are found at a time."""
    monkeypatch.setattr(victims, "_LISTED", request.param)


@pytest.mark.parametrize("forgetting", PRIORITY)
def test_a_store_does_as_a_dictionary(forgetting, listed):
    metric = "l2" if forgetting is Oldest else "inner_product"
    run_state_machine_as_test(
        machine(forgetting, metric),
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.parametrize("forgetting", PRIORITY)
def test_a_store_does_as_a_dictionary_for_10_000_steps(forgetting, monkeypatch):
    metric = "l2" if forgetting is LeastUseful else "inner_product"
    monkeypatch.setattr(victims, "_LISTED", 3)
    run_state_machine_as_test(
        machine(forgetting, metric),
        settings=settings(
            max_examples=200,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("forgetting", list(PRIORITY)[1:])
def test_victims_are_those_of_the_rule_in_a_large_store(forgetting):
    random = np.random.default_rng(0)
    store = MemoryStore(1, 5000, forgetting(), index="exact")
    store.write(np.ones((5000, 1)), usefulness=random.normal(size=5000))
    for _ in range(60):
        store.read(random.choice(list(store), 500, replace=False))
        some = random.choice(list(store), 50, replace=False)
        store.set_usefulness(some, random.normal(size=50))
        store.update(random.choice(list(store), 5), np.ones((5, 1)))
        slots = store._slots
        order = np.lexsort(
            [
                slots.written,
                forgetting().priority(slots, np.arange(5000)),
            ]
        )
        expected = set(slots.ids[order[:100]].tolist())
        before = set(store)
        store.write(np.ones((100, 1)), usefulness=random.normal(size=100))
        assert before - set(store) == expected


def test_refuse_says_how_many_there_are():
    store = MemoryStore(1, 3, Refuse())
    store.write([[1.0], [2.0]])
    with pytest.raises(
        ValueError, match="Expected at most 3 memories. Received: 2 more than 2"
    ):
        store.write([[1.0], [2.0]])
    assert list(store) == [0, 1]


@pytest.mark.parametrize("forgetting", PRIORITY)
def test_a_write_of_more_than_the_capacity_changes_nothing(forgetting):
    store = MemoryStore(1, 3, forgetting())
    store.write([[1.0], [2.0]])
    with pytest.raises(ValueError, match="Received: 4 more than 2"):
        store.write(np.ones((4, 1)))
    assert list(store) == [0, 1]
    assert store.write([[1.0]]).tolist() == [2]
