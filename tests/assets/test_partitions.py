import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from vpd_assets.partitions import PARTITIONS_NAME, RANGE_END, RANGE_START, add_shards, range_tags

NAMES = [f"demo-{i:03d}" for i in range(8)]


def covered(instance: dg.DagsterInstance, tags: list[dict[str, str]]) -> list[str]:
    order = list(instance.get_dynamic_partitions(PARTITIONS_NAME))
    return [s for t in tags for s in order[order.index(t[RANGE_START]) : order.index(t[RANGE_END]) + 1]]


def test_add_shards_again_adds_only_the_new_ones():
    with dg.DagsterInstance.ephemeral() as instance:
        assert add_shards(instance, NAMES[:3]) == NAMES[:3]
        assert add_shards(instance, NAMES[:4]) == [NAMES[3]]
        assert list(instance.get_dynamic_partitions(PARTITIONS_NAME)) == NAMES[:4]


@given(st.sets(st.sampled_from(NAMES)))
def test_range_tags_of_any_shards_cover_exactly_those_in_fewest_runs(wanted):
    with dg.DagsterInstance.ephemeral() as instance:
        add_shards(instance, NAMES)
        tags = range_tags(instance, wanted)
        assert covered(instance, tags) == sorted(wanted)
        runs = sum(name in wanted and NAMES[i - 1] not in wanted for i, name in enumerate(NAMES) if i)
        assert len(tags) == runs + (NAMES[0] in wanted)


def test_range_tags_of_two_sources_do_not_reach_into_the_other():
    with dg.DagsterInstance.ephemeral() as instance:
        add_shards(instance, ["b-000", "b-001"])
        add_shards(instance, ["a-000"])
        add_shards(instance, ["b-002"])
        assert covered(instance, range_tags(instance, ["b-000", "b-001", "b-002"])) == [
            "b-000",
            "b-001",
            "b-002",
        ]
